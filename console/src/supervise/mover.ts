import { type Api, Refused } from '../api/client';
import type { CommandResponse, Conversation } from '../api/types';
import type { LiveStore } from '../live/store';

export interface Target {
  /** Undefined: each keeps its own. Null: nobody. */
  agent: string | null | undefined;
  queue: string | undefined;
}

export interface Moved {
  before: Conversation;
  /** The version our move led to: it is only taken back if nothing happened since. */
  seq: number;
}

export interface Outcome {
  moved: Moved[];
  /** Changed by somebody else in the meantime, and left alone. */
  changed: Conversation[];
  failed: Conversation[];
}

const AtOnce = 4;

export const targetOf = (c: Conversation, to: Target) => ({ agent: to.agent === undefined ? (c.assignee ?? null) : to.agent, queue: to.queue ?? c.queue ?? null });

export const isThere = (c: Conversation, to: Target) => {
  const { agent, queue } = targetOf(c, to);
  return agent === (c.assignee ?? null) && queue === (c.queue ?? null);
};

/** Moves each conversation by itself, under the version that was on the screen when the move began. */
export async function move(api: Api, store: LiveStore, rows: readonly Conversation[], to: Target, onProgress: (done: number) => void, signal: AbortSignal): Promise<Outcome> {
  const outcome: Outcome = { moved: [], changed: [], failed: [] };
  await each(rows, signal, async (c) => {
    const { agent, queue } = targetOf(c, to);
    const seq = await assign(api, c, agent, queue, c.seq, outcome);
    if (seq !== undefined) outcome.moved.push({ before: c, seq });
    store.touch(c.id);
    onProgress(outcome.moved.length + outcome.changed.length + outcome.failed.length);
  });
  return outcome;
}

/** Gives everything back to where it was, except what somebody changed since. */
export async function moveBack(api: Api, store: LiveStore, moved: readonly Moved[], onProgress: (done: number) => void, signal: AbortSignal): Promise<Outcome> {
  const outcome: Outcome = { moved: [], changed: [], failed: [] };
  await each(moved, signal, async ({ before, seq }) => {
    const back = await assign(api, before, before.assignee ?? null, before.queue ?? null, seq, outcome);
    if (back !== undefined) outcome.moved.push({ before, seq: back });
    store.touch(before.id);
    onProgress(outcome.moved.length + outcome.changed.length + outcome.failed.length);
  });
  return outcome;
}

/** What does not move a conversation: a customer's message or a receipt in between is no reason to leave it. */
const Moves = new Set(['assignment.changed', 'status.changed', 'episode.started', 'control.changed']);

async function assign(api: Api, c: Conversation, agent: string | null, queue: string | null, seen: number, outcome: Outcome): Promise<number | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return (await api.write<CommandResponse>(`/v1/conversations/${encodeURIComponent(c.id)}/assign`, { body: { agent, queue }, ifMatch: seen })).seq ?? seen;
    } catch (failure) {
      const problem = failure instanceof Refused ? failure.problem : undefined;
      if (problem?.code === 'version_conflict' && problem.current && problem.events && !problem.events.some((e) => Moves.has(e.type))) {
        seen = problem.current.seq;
        continue;
      }
      (problem?.status === 412 || problem?.status === 409 ? outcome.changed : outcome.failed).push(c);
      return undefined;
    }
  }
  outcome.changed.push(c);
  return undefined;
}

async function each<T>(all: readonly T[], signal: AbortSignal, work: (one: T) => Promise<void>) {
  let next = 0;
  await Promise.all(Array.from({ length: AtOnce }, async () => {
    while (next < all.length && !signal.aborted) await work(all[next++]!);
  }));
}
