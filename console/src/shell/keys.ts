import { useEffect, useRef, useSyncExternalStore } from 'react';

// Single-key shortcuts, which can be turned off (WCAG 2.1.4), and two-key ones that begin with g.

const Stored = 'conversations.keys';
let on = localStorage.getItem(Stored) !== 'off';
const listeners = new Set<() => void>();

export const useKeysOn = () => useSyncExternalStore((l) => (listeners.add(l), () => listeners.delete(l)), () => on);

export function turnKeys(to: boolean) {
  on = to;
  localStorage.setItem(Stored, to ? 'on' : 'off');
  listeners.forEach((listener) => listener());
}

/** False: the key means something else where the focus is, and is left to the browser. */
export type Act = (target: HTMLElement) => void | false;

export type Keys = Record<string, Act | undefined>;

const layers: { current: Keys }[] = [];
let prefix = '';
let prefixAt = 0;

function onKeyDown(event: KeyboardEvent) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !on) return;
  const target = event.target as HTMLElement;
  if (target.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]')) return;
  if (document.querySelector('[aria-modal=true]')) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const whole = prefix && performance.now() - prefixAt < 1_200 ? `${prefix} ${key}` : key;
  prefix = '';
  // What was mounted last is nearest to the person.
  for (const layer of [...layers].reverse()) {
    const act = layer.current[whole];
    if (act) {
      if (act(target) !== false) event.preventDefault();
      return;
    }
  }
  if (key === 'g') {
    prefix = 'g';
    prefixAt = performance.now();
  }
}

export function useKeys(keys: Keys) {
  const layer = useRef(keys);
  layer.current = keys;
  useEffect(() => {
    if (layers.length === 0) window.addEventListener('keydown', onKeyDown);
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) window.removeEventListener('keydown', onKeyDown);
    };
  }, []);
}
