import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { query } from '../api/client';
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

/** Names to choose from: agents there are, and those who have something. */
export function useAgentNames(seen: readonly string[]): string[] {
  const { api, caller } = useSession();
  const has = useApiHas('/v1/agents') && caller.role !== 'agent';
  const listed = useQuery({ queryKey: ['agent-names'], queryFn: ({ signal }) => api.get<AgentList>(query('/v1/agents', { limit: Suggested }), signal), enabled: has, staleTime: 30_000 });
  return [...new Set([...seen, ...(listed.data?.items.map((a) => a.agent.id) ?? [])])].sort();
}
