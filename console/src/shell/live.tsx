import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { Actions } from '../desk/actions';
import { type Conflict, ConflictDialog } from '../desk/ConflictDialog';
import type { Attendant } from '../live/attendance';
import { LiveStore } from '../live/store';
import { useSession } from './session';

interface Live {
  store: LiveStore;
  actions: Actions;
}

const Context = createContext<Live | undefined>(undefined);

/** Everything that is followed while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const session = useSession();
  const [conflict, setConflict] = useState<Conflict>();
  const live = useMemo(() => {
    const store = new LiveStore(session.api, session.caller);
    return { store, actions: new Actions(session.api, store, session.agent, (id) => id === session.agent || id === session.caller.id, (c) => new Promise((resolve) => setConflict({ ...c, resolve }))) };
  }, [session]);
  useEffect(() => {
    void live.store.start();
    return () => live.store.close();
  }, [live]);
  return (
    <Context.Provider value={live}>
      {children}
      <ConflictDialog conflict={conflict} onDone={() => setConflict(undefined)} />
    </Context.Provider>
  );
}

export const useMaybeLive = () => useContext(Context);

export function useLive(): Live {
  const live = useContext(Context);
  if (!live) throw new Error('outside of LiveProvider');
  return live;
}

/** The store's version: whoever calls this is drawn again when anything changed, ten times a second at most. */
export function useVersion(): number {
  const { store } = useLive();
  return useSyncExternalStore(store.subscribe, () => store.version);
}

const nobody: readonly Attendant[] = [];

/** Everybody who is at a conversation, this person included. */
export function useOthers(id: string) {
  const { store } = useLive();
  return useSyncExternalStore(store.subscribe, () => store.attendance.get(id) ?? nobody);
}

/** One row; drawn again only when it changed. */
export function useRow(id: string) {
  const { store } = useLive();
  return useSyncExternalStore(store.subscribe, () => store.rows.get(id));
}
