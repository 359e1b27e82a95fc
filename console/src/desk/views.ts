import type { Conversation } from '../api/types';
import { isOver } from '../live/store';

/** `queue:care` is the list of a queue. */
export type ViewId = 'mine' | 'unassigned' | 'open' | 'waiting' | 'snoozed' | 'closed' | `queue:${string}`;

export type Order = 'due' | 'waiting' | 'activity';

/** Which of a list, by who has them: all, those nobody has, those this person has not. */
export type Whose = 'all' | 'nobodys' | 'notMine';

export const isOf = (whose: Whose, c: Conversation, me: string) => whose === 'all' || (whose === 'nobodys' ? !c.assignee : c.assignee !== me);

/** Lists that hold what different people have. */
export const isMixed = (view: ViewId) => view !== 'mine' && view !== 'unassigned' && view !== 'closed';

const isWorking = (c: Conversation) => c.status === 'open';

export function isIn(view: ViewId, c: Conversation, me: string): boolean {
  if (isOver(c)) return false;
  switch (view) {
    case 'mine': return c.assignee === me && c.status !== 'snoozed';
    case 'unassigned': return isWorking(c) && !c.assignee && !c.bot;
    case 'open': return isWorking(c);
    case 'waiting': return c.status === 'pending' || c.status === 'onHold';
    case 'snoozed': return c.status === 'snoozed';
    case 'closed': return false; // asked of the gateway: closed conversations are not held
    default: return isWorking(c) && c.queue === view.slice('queue:'.length);
  }
}

export const isAtRisk = (c: Conversation) => c.sla?.state === 'breached' || c.sla?.state === 'warning';

// Instants of the API have one form and compare as text; what has none comes last.
const Last = '~';

const by: Record<Order, (a: Conversation, b: Conversation) => number> = {
  due: (a, b) => compare(a.sla?.nextDue ?? Last, b.sla?.nextDue ?? Last) || compare(b.lastActivityAt, a.lastActivityAt),
  waiting: (a, b) => compare(a.waitingSince ?? Last, b.waitingSince ?? Last) || compare(b.lastActivityAt, a.lastActivityAt),
  activity: (a, b) => compare(b.lastActivityAt, a.lastActivityAt),
};

export const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export const sorted = (rows: Conversation[], order: Order) => rows.sort((a, b) => by[order](a, b) || compare(a.id, b.id));

export function matches(c: Conversation, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const all = `${c.customer?.name ?? ''} ${c.customer?.handle ?? ''} ${c.lastMessage?.text ?? ''} ${c.channel} ${c.queue ?? ''} ${c.assignee ?? ''} ${c.labels.join(' ')}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

export const wordsOf = (search: string) => search.toLowerCase().split(/\s+/).filter(Boolean);

/** Queues and agents as far as they can be seen in the conversations. */
export function known(rows: Iterable<Conversation>): { queues: string[]; agents: string[] } {
  const [queues, agents] = [new Set<string>(), new Set<string>()];
  for (const c of rows) {
    if (c.queue) queues.add(c.queue);
    if (c.assignee) agents.add(c.assignee);
  }
  return { queues: [...queues].sort(), agents: [...agents].sort() };
}
