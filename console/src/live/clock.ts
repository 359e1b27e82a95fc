import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/client';

const second = () => Math.floor(serverNow() / 1000) * 1000;

let now = second();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = second();
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

/** The gateway's time in milliseconds, once a second; one timer for all countdowns, so that all of them say the same. */
export const useNow = () => useSyncExternalStore(subscribe, () => (timer ? now : (now = second())));
