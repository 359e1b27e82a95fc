import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { type Api, query, Refused } from '../api/client';
import { type AgentList, useApiHas } from '../api/optional';
import type { Agent } from '../api/types';
import { AgentStore } from '../live/agents';
import { useLive } from '../shell/live';
import { useSession } from '../shell/session';

const none: ReadonlyMap<string, Agent> = new Map();

/** Agents as they are now, while the page is open; none where the gateway lists none. */
export function useAgents(): { agents: ReadonlyMap<string, Agent>; version: number } {
  const { api } = useSession();
  const { store } = useLive();
  const has = useApiHas('/v1/agents');
  const [agents, setAgents] = useState<AgentStore>();
  useEffect(() => {
    if (!has) return;
    const opened = new AgentStore(api, store);
    setAgents(opened);
    return () => opened.close();
  }, [api, store, has]);
  const version = useSyncExternalStore(agents?.subscribe ?? (() => () => undefined), () => agents?.version ?? 0);
  return { agents: agents?.rows ?? none, version };
}

const Suggested = 200;

/** After this long without a key the gateway is asked whether there is an agent of the name that was written. */
const Thinking = 300;

/**
 * Names to choose from: agents there are, and those who have something; how they stand, as far as they are listed; and whether
 * somebody has the name that was written. Undefined while that is not known. Where no agents are kept, anybody may be one.
 */
export function useAgentNames(seen: readonly string[], written: string): { names: string[]; standing: ReadonlyMap<string, Agent>; isThere: boolean | undefined } {
  const { api, caller } = useSession();
  const { actions } = useLive();
  const has = useApiHas('/v1/agents', true);
  const leads = caller.role !== 'agent';
  const listed = useQuery({ queryKey: ['agent-names'], queryFn: ({ signal }) => api.get<AgentList>(query('/v1/agents', { limit: Suggested }), signal), enabled: has && leads, staleTime: 5_000 });
  // Agents may not list their colleagues. That they are kept themselves says that agents are.
  const mine = useQuery({ queryKey: ['presence', caller.agent], queryFn: ({ signal }) => api.get<Agent>(pathOf(caller.agent ?? ''), signal), enabled: has && !leads, retry: false });
  const all = listed.data?.items.map((a) => a.agent) ?? [];
  const standing = new Map(all.map((a) => [a.id, a]));
  const names = [...new Set([...seen, ...standing.keys()])].sort();

  const [settled] = useDebouncedValue(written, Thinking);
  const isNamed = written === '' || written === actions.me || names.includes(written);
  const asksWhether = has && !isNamed && settled === written && (leads ? all.length > 0 : mine.isSuccess);
  // Those beyond the list, and those who serve no queue and are in no list.
  const asked = useQuery({ queryKey: ['agent', settled], queryFn: ({ signal }) => isKept(api, settled, signal), enabled: asksWhether, staleTime: 30_000, retry: false });

  if (isNamed || !has) return { names, standing, isThere: true };
  if ((leads ? listed : mine).isPending) return { names, standing, isThere: undefined };
  if (leads ? all.length === 0 : !mine.isSuccess) return { names, standing, isThere: true };
  return { names, standing, isThere: settled !== written || asked.isPending ? undefined : (asked.data ?? true) }; // unanswered: the gateway decides
}

const pathOf = (agent: string) => `/v1/agents/${encodeURIComponent(agent)}`;

async function isKept(api: Api, agent: string, signal: AbortSignal): Promise<boolean> {
  try {
    await api.get(pathOf(agent), signal);
    return true;
  } catch (failure) {
    if (failure instanceof Refused && (failure.problem.status === 400 || failure.problem.status === 404)) return false; // 400: nobody can be called that
    throw failure;
  }
}
