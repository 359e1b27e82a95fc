import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Api } from '../api/client';
import type { BulkJob } from '../api/types';
import { useSession } from '../shell/session';

// Load is moved by the gateway's bulk jobs: they go on when this page is closed, and can be taken back for ten minutes.

/** Conversations one job may name (POST /v1/bulk-jobs). */
export const MostAtOnce = 10_000;

/** Progress is recorded once a second (routing.md 9). */
const LookEvery = 700;
const Stored = 'conversations.jobs';
const MostRemembered = 5;

export interface Target {
  /** Null: nobody. */
  agent: string | null;
  /** Undefined: each keeps its own. */
  queue: string | undefined;
}

export const isBusy = (job: BulkJob) => job.status === 'listing' || job.status === 'running' || job.status === 'cancelling' || job.status === 'undoing';

export async function startMove(api: Api, ids: readonly string[], to: Target, more: { beyondCapacity: boolean; dryRun: boolean; signal?: AbortSignal }): Promise<string> {
  const { body } = await api.write<{ id: string }>('/v1/bulk-jobs', {
    body: { ids, action: 'assign', target: { agent: to.agent, ...(to.queue === undefined ? {} : { queue: to.queue }) }, respectCapacity: !more.beyondCapacity, dryRun: more.dryRun },
    ...(more.signal ? { signal: more.signal } : {}),
  });
  return body.id;
}

export const askJob = (api: Api, id: string, what: 'cancel' | 'undo') => api.write<BulkJob>(`/v1/bulk-jobs/${encodeURIComponent(id)}/${what}`, {});

/** A job as it is, looked at until nothing is going on in it. */
export function useJob(id: string | undefined) {
  const { api } = useSession();
  return useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => api.get<BulkJob>(`/v1/bulk-jobs/${encodeURIComponent(id!)}`, signal),
    enabled: id !== undefined,
    refetchInterval: (query) => (!query.state.data || isBusy(query.state.data) ? LookEvery : false),
  });
}

// Moves of this tab, newest first: a reload, or a dialog closed too early, takes no undo away.
let remembered: readonly string[] = read();
const listeners = new Set<() => void>();

function read(): readonly string[] {
  try {
    return JSON.parse(sessionStorage.getItem(Stored) ?? '[]') as string[];
  } catch {
    return [];
  }
}

function keep(ids: readonly string[]) {
  remembered = ids;
  sessionStorage.setItem(Stored, JSON.stringify(ids));
  listeners.forEach((listener) => listener());
}

export const remember = (id: string) => keep([id, ...remembered].slice(0, MostRemembered));
export const forget = (id: string) => keep(remembered.filter((known) => known !== id));
export const useRemembered = () => useSyncExternalStore((l) => (listeners.add(l), () => listeners.delete(l)), () => remembered);
