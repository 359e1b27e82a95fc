import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { Api, Refused, serverNow } from '../api/client';
import type { Caller } from '../api/types';
import { finishOpenId, refresh } from './openid';

const Stored = 'conversations.session';

/** Between two renewals of a token, whatever clocks say: a provider is not to be asked in a loop. */
const LeastBetween = 20_000;

export interface Credential {
  token: string;
  /** Of an OpenID provider: gets the next token before this one ends. */
  refreshToken?: string;
}

export interface Session {
  api: Api;
  caller: Caller;
  /** Whom conversations are assigned to when this person takes them. */
  agent: string;
  /** Scope of what is kept on this computer for this person. */
  scope: string;
}

export type SignIn = { is: 'starting' } | { is: 'out'; reason?: 'ended' | 'unreachable' | 'openid'; detail?: string } | { is: 'naming'; credential: Credential; caller: Caller } | { is: 'in'; session: Session };

interface Value {
  state: SignIn;
  signIn: (credential: Credential) => Promise<void>;
  chooseName: (name: string) => void;
  signOut: () => void;
}

const Context = createContext<Value | undefined>(undefined);

const nameKey = (caller: Caller) => `conversations.agent.${caller.account}.${caller.id}`;
const read = (): Credential | undefined => {
  try {
    return JSON.parse(sessionStorage.getItem(Stored) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
};

/** The credential lives in sessionStorage: it ends with the tab, survives a reload, and is sent nowhere by itself. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SignIn>({ is: 'starting' });
  const credential = useRef<Credential | undefined>(undefined);

  const queries = useQueryClient();

  const end = useCallback((reason?: 'ended') => {
    queries.clear(); // what one person was answered is not for the next
    credential.current = undefined;
    sessionStorage.removeItem(Stored);
    setState({ is: 'out', ...(reason ? { reason } : {}) });
  }, [queries]);

  const enter = useCallback((from: Credential, caller: Caller, agent: string) => {
    credential.current = from;
    sessionStorage.setItem(Stored, JSON.stringify(from));
    const api = new Api(() => credential.current?.token ?? from.token, () => credential.current && end('ended'));
    setState({ is: 'in', session: { api, caller, agent, scope: `${caller.account}/${caller.agent ?? caller.id}` } });
  }, [end]);

  const signIn = useCallback(async (from: Credential) => {
    const caller = await new Api(() => from.token, () => undefined).get<Caller>('/v1/me');
    const agent = caller.agent ?? localStorage.getItem(nameKey(caller));
    if (agent || caller.role === 'operator' || caller.role === 'integrator') enter(from, caller, agent ?? caller.id);
    else setState({ is: 'naming', credential: from, caller });
  }, [enter]);

  const chooseName = useCallback((name: string) => {
    if (state.is !== 'naming') return;
    localStorage.setItem(nameKey(state.caller), name);
    enter(state.credential, state.caller, name);
  }, [state, enter]);

  useEffect(() => {
    let abandoned = false;
    void (async () => {
      try {
        const from = (await finishOpenId()) ?? read();
        if (abandoned) return;
        if (!from) setState({ is: 'out' });
        else await signIn(from);
      } catch (failure) {
        if (abandoned) return;
        if (failure instanceof Refused) end('ended');
        else setState({ is: 'out', reason: failure instanceof Error && failure.message ? 'openid' : 'unreachable', detail: failure instanceof Error ? failure.message : '' });
      }
    })();
    return () => {
      abandoned = true;
    };
  }, [signIn, end]);

  // A token of an OpenID provider is renewed a minute before it ends, if the provider gave means to.
  useEffect(() => {
    const expiresAt = state.is === 'in' ? state.session.caller.expiresAt : null;
    const current = credential.current;
    if (!expiresAt || !current?.refreshToken) return;
    const timer = setTimeout(async () => {
      const next = await refresh(current.refreshToken!).catch(() => undefined);
      if (!next) return;
      const caller = await new Api(() => next.token, () => undefined).get<Caller>('/v1/me').catch(() => undefined);
      if (caller && state.is === 'in') enter(next, caller, state.session.agent);
    }, Math.max(LeastBetween, Date.parse(expiresAt) - serverNow() - 60_000));
    return () => clearTimeout(timer);
  }, [state, enter]);

  const value = useMemo(() => ({ state, signIn, chooseName, signOut: () => end() }), [state, signIn, chooseName, end]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useSignIn(): Value {
  const value = useContext(Context);
  if (!value) throw new Error('outside of SessionProvider');
  return value;
}

export function useSession(): Session {
  const { state } = useSignIn();
  if (state.is !== 'in') throw new Error('nobody is signed in');
  return state.session;
}
