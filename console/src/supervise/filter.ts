import type { Conversation } from '../api/types';
import { matches, wordsOf } from '../desk/views';

export interface Filter {
  search: string;
  queue: string;
  assignee: string;
  status: string;
  sla: string;
  channel: string;
  priority: string;
}

export const Filters = { /** Stands for "has none". No id can be this: ids have no slash. */ nobody: '/' };

export const noFilter: Filter = { search: '', queue: '', assignee: '', status: '', sla: '', channel: '', priority: '' };

const is = (wanted: string, value: string | null | undefined) => wanted === '' || (wanted === Filters.nobody ? !value : value === wanted);

export const passes = (c: Conversation, f: Filter) =>
  is(f.queue, c.queue) && is(f.assignee, c.assignee) && is(f.status, c.status) && is(f.sla, c.sla?.state ?? 'none') && is(f.channel, c.channel) && is(f.priority, c.priority)
  && matches(c, wordsOf(f.search));
