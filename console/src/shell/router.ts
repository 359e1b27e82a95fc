import { useSyncExternalStore } from 'react';

const Base = '/console/';
const listeners = new Set<() => void>();
const announce = () => listeners.forEach((listener) => listener());
window.addEventListener('popstate', announce);

/** The address below /console/, part by part. */
export type Route = readonly string[];

let cached: { path: string; route: Route } | undefined;

function current(): Route {
  const path = window.location.pathname;
  if (cached?.path !== path) cached = { path, route: path.slice(Base.length).split('/').filter(Boolean).map(decodeURIComponent) };
  return cached.route;
}

export const useRoute = () =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);

export const addressOf = (...parts: string[]) => Base + parts.map((part) => encodeURIComponent(part).replaceAll('%3A', ':')).join('/');

export function go(address: string, { replace = false } = {}) {
  if (address === window.location.pathname) return;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', address);
  announce();
}

/** For links: a plain click stays in the page, anything else is the browser's. */
export function onLink(event: React.MouseEvent<HTMLAnchorElement>) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(event.currentTarget.pathname);
}
