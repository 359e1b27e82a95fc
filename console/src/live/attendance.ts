import { useEffect, useMemo } from 'react';
import { type Api, serverNow } from '../api/client';

/** Who is at a conversation, as the topic `typing/{conversation}` tells it. */
export interface Attendant {
  who: { kind: string; id: string };
  state: 'viewing' | 'typing' | 'gone';
  since: string;
}

/** A sign holds for ten seconds (routing.md 11). */
const SayEvery = 5_000;

/** So long after the last key somebody is still writing. */
const Writing = 6_000;

/** Tells colleagues that this person is at a conversation, for as long as the page is in sight. */
class Presence {
  private typedAt = 0;
  private said: Attendant['state'] = 'gone';
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly api: Api,
    private readonly id: string,
  ) {
    this.say();
    this.timer = setInterval(() => this.say(), SayEvery);
    document.addEventListener('visibilitychange', this.look);
  }

  typed() {
    this.typedAt = serverNow();
    if (this.said !== 'typing') this.say();
  }

  /** What was written was sent, or thrown away. */
  rested() {
    this.typedAt = 0;
    if (this.said === 'typing') this.say();
  }

  leave() {
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.look);
    this.tell('gone');
  }

  private look = () => this.say();

  private say() {
    if (document.visibilityState !== 'visible') return this.tell('gone');
    this.tell(serverNow() - this.typedAt < Writing ? 'typing' : 'viewing');
  }

  private tell(state: Attendant['state']) {
    if (state === 'gone' && this.said === 'gone') return;
    this.said = state;
    this.api.ask(`/v1/conversations/${encodeURIComponent(this.id)}/typing`, { method: 'POST', body: { state } }).catch(() => undefined); // it is said again
  }
}

export type Typing = Pick<Presence, 'typed' | 'rested'>;

export function usePresence(api: Api, id: string): Typing {
  const presence = useMemo<{ current: Presence | undefined }>(() => ({ current: undefined }), [api, id]);
  useEffect(() => {
    presence.current = new Presence(api, id);
    return () => presence.current?.leave();
  }, [presence]);
  return useMemo(() => ({ typed: () => presence.current?.typed(), rested: () => presence.current?.rested() }), [presence]);
}
