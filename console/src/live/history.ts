import { useEffect, useMemo, useRef, useState } from 'react';
import { type Api, query } from '../api/client';
import type { Event } from '../api/types';
import type { LiveStore } from './store';
import { timeline } from './timeline';

const Page = 100;

interface Held {
  id: string;
  events: readonly Event[];
  hasEarlier: boolean;
  failed: boolean;
}

/**
 * A conversation's history: the newest page, earlier ones on demand, then every event as it happens. The seq is contiguous, so a
 * hole is seen at once, and filled.
 */
export function useHistory(api: Api, store: LiveStore, id: string) {
  const [held, setHeld] = useState<Held>({ id, events: [], hasEarlier: false, failed: false });
  const [loaded, setLoaded] = useState(false);
  const known = useRef<readonly Event[]>([]);
  const earlier = useRef<() => Promise<void>>(async () => undefined);

  useEffect(() => {
    const ends = new AbortController();
    const path = `/v1/conversations/${encodeURIComponent(id)}/events`;
    let filling: Promise<void> | undefined;
    let again = false;
    let buffered: Event[] = [];
    let ready = false;
    let hasEarlier = false;
    known.current = [];
    setLoaded(false);

    const show = (failed = false) => setHeld({ id, events: known.current, hasEarlier, failed });
    const last = () => known.current.at(-1)?.seq ?? 0;
    const add = (event: Event) => {
      if (event.seq <= last()) return;
      if (event.seq > last() + 1) void fill();
      else {
        known.current = [...known.current, event];
        show();
      }
    };
    // Asked while it is under way, it looks once more: what a reset passed over may be newer than the answer that is on its way.
    const fill = () => {
      again = true;
      return (filling ??= (async () => {
        while (again) {
          again = false;
          const page = await api.get<{ items: Event[]; hasMore: boolean }>(query(path, { after: last(), limit: Page }), ends.signal);
          known.current = [...known.current, ...page.items.filter((e) => e.seq > last())];
          show();
          again ||= page.hasMore;
        }
      })().catch(() => setTimeout(() => !ends.signal.aborted && void fill(), 1_000)).then(() => {
        filling = undefined;
        if (again) void fill();
      }));
    };
    const first = async (): Promise<void> => {
      try {
        const page = await api.get<{ items: Event[]; hasMore: boolean }>(query(path, { order: 'desc', limit: Page }), ends.signal);
        known.current = page.items.reverse();
        hasEarlier = page.hasMore;
        ready = true;
        show();
        setLoaded(true);
        for (const event of buffered) add(event);
        buffered = [];
        if (again) void fill(); // a reset came while this page was on its way
      } catch {
        if (ends.signal.aborted) return;
        show(true);
        setTimeout(() => !ends.signal.aborted && void first(), 2_000);
      }
    };
    earlier.current = async () => {
      const before = known.current[0]?.seq;
      if (before === undefined || !hasEarlier) return;
      const page = await api.get<{ items: Event[]; hasMore: boolean }>(query(path, { order: 'desc', after: before, limit: Page }), ends.signal);
      known.current = [...page.items.reverse(), ...known.current];
      hasEarlier = page.hasMore;
      show();
    };

    // Watch first, then read: what happens in between is kept, not lost.
    const stop = store.follow(id, (change) => (ready ? add(change) : buffered.push(change)), () => (ready ? void fill() : (again = true)));
    void first();
    return () => {
      ends.abort();
      stop();
    };
  }, [api, store, id]);

  const current = held.id === id ? held : { id, events: [] as readonly Event[], hasEarlier: false, failed: false };
  const entries = useMemo(() => timeline(current.events), [current.events]);
  return { ...current, entries, loaded: loaded && held.id === id, lastSeq: current.events.at(-1)?.seq ?? 0, loadEarlier: () => earlier.current() };
}
