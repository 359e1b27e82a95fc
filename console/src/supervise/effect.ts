import type { Conversation } from '../api/types';
import { isAtRisk } from '../desk/views';
import { isOver } from '../live/store';
import { text } from '../text';
import type { Target } from './jobs';

const isThere = (c: Conversation, to: Target) => to.agent === (c.assignee ?? null) && (to.queue ?? c.queue ?? null) === (c.queue ?? null);

/** What a move would change, from what is on the screen: told at once, while the gateway tries it. */
export function effectOf(rows: readonly Conversation[], to: Target, all: Iterable<Conversation>) {
  const changing = rows.filter((c) => !isThere(c, to));
  const name = (agent: string | null, queue: string | null | undefined) => [agent ?? text.unassigned, ...(to.queue === undefined ? [] : [queue ?? text.noQueue])].join(' · ');
  const from = new Map<string, number>();
  for (const c of changing) {
    const place = name(c.assignee, c.queue);
    from.set(place, (from.get(place) ?? 0) + 1);
  }
  let load: { who: string; before: number; after: number } | undefined;
  if (to.agent) {
    let before = 0;
    for (const c of all) if (!isOver(c) && c.assignee === to.agent) before++;
    load = { who: to.agent, before, after: before + changing.filter((c) => c.assignee !== to.agent).length };
  }
  return { changing, already: rows.length - changing.length, late: changing.filter(isAtRisk).length, from: [...from].sort((a, b) => b[1] - a[1]), toName: name(to.agent, to.queue), load };
}
