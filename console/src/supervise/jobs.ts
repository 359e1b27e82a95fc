import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { type Api, query } from '../api/client';
import type { BulkItemList, BulkJob } from '../api/types';
import { reason } from '../parts/format';
import { useSession } from '../shell/session';
import { say } from '../shell/toasts';
import { text } from '../text';

const t = text.move;

// Load is moved by the gateway's bulk jobs: they go on when this page is closed, and can be taken back for ten minutes.

/** Conversations one job may name (POST /v1/bulk-jobs). */
export const MostAtOnce = 10_000;

/** Progress is recorded once a second (routing.md 9). */
const LookEvery = 700;
const Page = 200;
const Stored = 'conversations.jobs';
const StoredGoneOn = 'conversations.jobs.gone-on';
const MostRemembered = 5;

export interface Target {
  /** Null: nobody. */
  agent: string | null;
  /** Undefined: each keeps its own. */
  queue: string | undefined;
}

/** It did something, and that can still be taken back. */
export const mayBeUndone = (job: BulkJob) => job.undo === null && job.counts.done > 0 && job.undoUntil !== null;

export const isBusy = (job: BulkJob) => job.status === 'listing' || job.status === 'running' || job.status === 'cancelling' || job.status === 'undoing';

export async function startMove(api: Api, ids: readonly string[], to: Target, more: { beyondCapacity: boolean; dryRun: boolean; signal?: AbortSignal }): Promise<string> {
  const { body } = await api.write<{ id: string }>('/v1/bulk-jobs', {
    body: { ids, action: 'assign', target: { agent: to.agent, ...(to.queue === undefined ? {} : { queue: to.queue }) }, respectCapacity: !more.beyondCapacity, dryRun: more.dryRun },
    ...(more.signal ? { signal: more.signal } : {}),
  });
  return body.id;
}

/** What became of some of a job's conversations. */
export const itemsOf = (api: Api, id: string, which: { result: string; limit: number; cursor?: string | null }, signal?: AbortSignal) =>
  api.get<BulkItemList>(query(`/v1/bulk-jobs/${encodeURIComponent(id)}/items`, which), signal);

/** Begins anew with those that did not fit, and makes them fit. */
export async function moveAnyway(api: Api, job: BulkJob): Promise<string> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: BulkItemList = await itemsOf(api, job.id, { result: 'no_capacity', limit: Page, cursor });
    ids.push(...page.items.map((i) => i.conversation));
    cursor = page.nextCursor;
  } while (cursor);
  const id = await startMove(api, ids, { agent: job.target.agent ?? null, queue: job.target.queue ?? undefined }, { beyondCapacity: true, dryRun: false });
  wentOnWith(job.id);
  return id;
}

export const askJob = (api: Api, id: string, what: 'cancel' | 'undo') => api.write<BulkJob>(`/v1/bulk-jobs/${encodeURIComponent(id)}/${what}`, {});

/** Asks something of a job, shows it as it is then, and says it when that failed. */
export function useAskJob(id: string): (what: 'cancel' | 'undo') => Promise<void> {
  const { api } = useSession();
  const queries = useQueryClient();
  return async (what) => {
    try {
      queries.setQueryData(['job', id], (await askJob(api, id, what)).body);
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
    await queries.invalidateQueries({ queryKey: ['job', id] });
  };
}

/** What came of a move, of trying one or of taking one back, a sentence each: how many, and then what was not done. */
export function cameOf(job: BulkJob): string[] {
  const { done, skippedChanged, noCapacity, failed } = job.undo?.counts ?? job.counts;
  return [
    job.dryRun ? t.tried(done, job.total ?? done) : (job.undo ? t.undone : t.moved)(done),
    job.status === 'cancelled' ? t.stopped : '', skippedChanged > 0 ? t.changed(skippedChanged) : '', noCapacity > 0 ? t.noCapacity(noCapacity) : '', failed > 0 ? t.failed(failed) : '',
  ].filter(Boolean);
}

/** Whether all, some or none of it was done. */
export function toneOf(job: BulkJob): 'done' | 'partly' | 'failed' {
  const { done, skippedChanged, noCapacity, failed } = job.undo?.counts ?? job.counts;
  return skippedChanged + noCapacity + failed === 0 && job.status !== 'cancelled' ? 'done' : done > 0 || noCapacity + failed === 0 ? 'partly' : 'failed';
}

/** The colour that says it. */
export const colourOf = (job: BulkJob) => ({ done: 'green', partly: 'amber', failed: 'red' } as const)[toneOf(job)];

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
let remembered = read(Stored);
const listeners = new Set<() => void>();

function read(stored: string): readonly string[] {
  try {
    return JSON.parse(sessionStorage.getItem(stored) ?? '[]') as string[];
  } catch {
    return [];
  }
}

function store(as: string, ids: readonly string[]) {
  try {
    sessionStorage.setItem(as, JSON.stringify(ids));
  } catch {
    // full or forbidden: known until the next reload
  }
}

function keep(ids: readonly string[]) {
  remembered = ids;
  store(Stored, ids);
  listeners.forEach((listener) => listener());
}

export function remember(id: string): string {
  keep([id, ...remembered].slice(0, MostRemembered));
  return id;
}

export const forget = (id: string) => keep(remembered.filter((known) => known !== id));
export const useRemembered = () => useSyncExternalStore((l) => (listeners.add(l), () => listeners.delete(l)), () => remembered);

// Moves whose rest was moved by another one.
let goneOn = read(StoredGoneOn);

export const hasGoneOn = (id: string) => goneOn.includes(id);

function wentOnWith(id: string) {
  goneOn = [id, ...goneOn].slice(0, MostRemembered);
  store(StoredGoneOn, goneOn);
}

// Moves nobody looks at any more: what comes of them is told on every page.
let followed: readonly string[] = [];
const followers = new Set<() => void>();

function setFollowed(ids: readonly string[]) {
  followed = ids;
  followers.forEach((listener) => listener());
}

export const follow = (id: string) => setFollowed([...followed.filter((known) => known !== id), id]);
export const unfollow = (id: string) => setFollowed(followed.filter((known) => known !== id));
export const useFollowed = () => useSyncExternalStore((l) => (followers.add(l), () => followers.delete(l)), () => followed);
