import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/client';

let now = Math.floor(serverNow() / 1000) * 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Math.floor(serverNow() / 1000) * 1000;
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The gateway's time in milliseconds, once a second; one timer for all countdowns. */
export const useNow = () => useSyncExternalStore(subscribe, () => now);
