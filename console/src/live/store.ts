import { type Api, pause, query, serverNow } from '../api/client';
import type { Caller, Change, Conversation, ConversationList, Status } from '../api/types';
import type { Attendant } from './attendance';
import { Feed, type FeedFigures, type FeedState } from './feed';
import { patched } from './patch';

export const Working: readonly Status[] = ['open', 'pending', 'onHold', 'snoozed'];
export const isOver = (c: Conversation) => c.status === 'closed' || c.status === 'spam';

/** A promise that was warned about or broken, as the supervisor's view shows it happening. */
export interface Alarm {
  id: string;
  conversation: string;
  /** As it was then: it may be closed, and no longer held, when this is read. */
  of: Conversation | undefined;
  kind: 'warning' | 'breached' | 'withdrawn';
  metric: string;
  at: string;
}

export interface Loading {
  phase: 'first' | 'rest' | 'done' | 'failed';
  loaded: number;
  /** There are more open conversations than a console holds. */
  cut: boolean;
}

const FirstPage = 100;
const Page = 200;

/** Open conversations one console holds; beyond, it says that it shows the newest only. Bounds memory to some 60 MB. */
const MostHeld = 20_000;
const MostAlarms = 200;

const Typing = 'typing/';

/** Changes are shown together ten times a second, and asked about four times a second: as often as eyes follow. */
const ShowEvery = 100;
const AskEvery = 250;
const AskAtOnce = 100;
const AfterFailure = 1_000;

/** How often a caller who may not watch the whole account looks for queues it does not watch yet. */
const LookAround = 60_000;

/**
 * Every conversation that is being worked on, as it is now: listed once, then followed by the feed. An event changes the row at
 * once as far as it tells (patch.ts); what follows from it, above all promises, is then asked of the gateway, many in one request.
 */
export class LiveStore {
  readonly rows = new Map<string, Conversation>();
  readonly gaps = { seen: 0 };

  /** Who is at each conversation that is open here. */
  readonly attendance = new Map<string, readonly Attendant[]>();
  loading: Loading = { phase: 'first', loaded: 0, cut: false };
  feedState: FeedState = { is: 'connecting' };
  alarms: readonly Alarm[] = [];
  version = 0;

  private readonly dirty = new Set<string>();
  private readonly held = new Map<string, number>();
  private visible: ReadonlySet<string> = new Set();
  private readonly listeners = new Set<() => void>();
  private readonly watchers = new Map<string, Set<(change: Change) => void>>();
  private readonly agentWatchers = new Set<(id: string) => void>();
  private readonly resetWatchers = new Set<() => void>();
  private readonly ends = new AbortController();
  private feed: Feed | undefined;
  private showing: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private reload: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly api: Api,
    private readonly caller: Caller,
  ) {}

  private get seesAll() {
    return this.caller.role !== 'agent';
  }

  async start() {
    try {
      const first = await this.list({ order: 'due', limit: FirstPage });
      if (this.ends.signal.aborted) return;
      this.putAll(first.items);
      this.setLoading({ phase: 'rest', loaded: this.rows.size, cut: false });
      this.feed = new Feed(this.api, this.topics(), first.asOf, {
        onChange: (change) => this.apply(change),
        onReset: () => this.onReset(),
        onValue: (topic, value) => this.onValue(topic, value),
        onState: (state) => {
          this.feedState = state;
          this.show();
        },
      });
      await this.loadAll();
    } catch {
      if (!this.ends.signal.aborted) {
        this.setLoading({ ...this.loading, phase: 'failed' });
        setTimeout(() => !this.ends.signal.aborted && void this.start(), 2_000);
        this.feed?.close();
      }
      return;
    }
    const ask = setInterval(() => void this.askForDirty(), AskEvery);
    const look = this.seesAll ? undefined : setInterval(() => void this.lookAround(), LookAround);
    this.ends.signal.addEventListener('abort', () => (clearInterval(ask), clearInterval(look)));
  }

  close() {
    this.ends.abort();
    this.feed?.close();
    clearTimeout(this.showing);
  }

  get figures(): FeedFigures | undefined {
    return this.feed?.figures;
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Every event of one conversation as it comes, also those already contained in its row. */
  follow(id: string, onChange: (change: Change) => void, onReset: () => void): () => void {
    const set = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, set.add(onChange));
    this.resetWatchers.add(onReset);
    this.held.set(id, (this.held.get(id) ?? 0) + 1);
    this.feed?.watch(this.topics());
    return () => {
      set.delete(onChange);
      if (set.size === 0) this.watchers.delete(id);
      this.resetWatchers.delete(onReset);
      const left = (this.held.get(id) ?? 1) - 1;
      if (left > 0) this.held.set(id, left);
      else {
        this.held.delete(id);
        this.attendance.delete(id);
        const row = this.rows.get(id);
        if (row && isOver(row)) {
          this.rows.delete(id);
          this.show();
        }
      }
    };
  }

  /** Which agents changed, for those who see the whole account. */
  watchAgents(onChange: (id: string) => void, onReset: () => void): () => void {
    this.agentWatchers.add(onChange);
    this.resetWatchers.add(onReset);
    return () => {
      this.agentWatchers.delete(onChange);
      this.resetWatchers.delete(onReset);
    };
  }

  /** The rows on the screen: they are asked about first. */
  look(visible: ReadonlySet<string>) {
    this.visible = visible;
  }

  /** Asks for the row again, for example after a command that changed it. */
  touch(id: string) {
    this.dirty.add(id);
    void this.askForDirty();
  }

  async fetch(id: string): Promise<Conversation> {
    const row = await this.api.get<Conversation>(`/v1/conversations/${encodeURIComponent(id)}`, this.ends.signal);
    this.put(row);
    return row;
  }

  put(row: Conversation) {
    const known = this.rows.get(row.id);
    if (known && known.seq > row.seq) {
      this.dirty.add(row.id); // the answer was overtaken by the feed
      return;
    }
    if (isOver(row) && !this.held.has(row.id)) this.rows.delete(row.id);
    else this.rows.set(row.id, row);
    this.show();
  }

  private putAll(rows: readonly Conversation[]) {
    for (const row of rows) this.put(row);
    this.feed?.watch(this.topics());
  }

  private apply(change: Change) {
    const [kind, id] = split(change.entity);
    if (kind === 'agent') for (const watcher of this.agentWatchers) watcher(id);
    if (kind !== 'conversation') return;
    this.alarm(change, id);
    for (const watcher of this.watchers.get(id) ?? []) watcher(change);
    const row = this.rows.get(id);
    if (!row) {
      this.dirty.add(id);
      return;
    }
    if (change.seq <= row.seq) return; // at least once: seen already
    if (change.seq > row.seq + 1) this.gaps.seen++;
    this.rows.set(id, patched(row, change));
    this.dirty.add(id);
    this.show();
  }

  private onValue(topic: string, value: unknown) {
    if (!topic.startsWith(Typing)) return;
    this.attendance.set(topic.slice(Typing.length), (value as { people: Attendant[] }).people);
    this.show();
  }

  private alarm(change: Change, conversation: string) {
    const kind = change.type === 'sla.warning' ? 'warning' : change.type === 'sla.breached' ? 'breached' : change.type === 'sla.withdrawn' ? 'withdrawn' : undefined;
    if (!kind) return;
    const id = `${conversation}/${change.seq}`;
    if (this.alarms.some((a) => a.id === id)) return;
    this.alarms = [{ id, conversation, of: this.rows.get(conversation), kind, metric: String(change.data.metric ?? ''), at: change.at } satisfies Alarm, ...this.alarms].slice(0, MostAlarms);
    this.show();
  }

  private onReset() {
    for (const listener of this.resetWatchers) listener();
    const list = (): Promise<unknown> => this.loadAll().catch(() => setTimeout(() => !this.ends.signal.aborted && void list(), 2_000));
    void list();
  }

  /** Lists everything. What was held and is not in the list any more is asked about: it was closed, or it moved on meanwhile. */
  private loadAll(): Promise<void> {
    this.again = true;
    return (this.reload ??= this.loadUntilWhole().finally(() => (this.reload = undefined)));
  }

  /** Asked while it lists, it lists once more: a reset passes over changes of rows that were read already. */
  private async loadUntilWhole() {
    while (this.again && !this.ends.signal.aborted) {
      this.again = false;
      await this.loadOnce();
    }
  }

  private async loadOnce() {
    const before = new Set(this.rows.keys());
    let cursor: string | null = null;
    let loaded = 0;
    do {
      const page: ConversationList = await this.list({ order: 'created', limit: Page, cursor });
      if (this.ends.signal.aborted) return;
      this.putAll(page.items);
      for (const row of page.items) before.delete(row.id);
      loaded += page.items.length;
      cursor = page.nextCursor;
      this.setLoading({ phase: cursor && loaded < MostHeld ? 'rest' : 'done', loaded, cut: cursor !== null && loaded >= MostHeld });
    } while (cursor && loaded < MostHeld);
    for (const id of before) this.dirty.add(id);
  }

  private async lookAround() {
    try {
      this.putAll((await this.list({ order: 'created', limit: Page })).items);
    } catch {
      // The next look will do.
    }
  }

  private list(parameters: Record<string, string | number | null>) {
    return this.api.get<ConversationList>(query('/v1/conversations', { status: Working.join(','), ...parameters }), this.ends.signal);
  }

  private topics(): string[] {
    const typing = [...this.held.keys()].map((id) => Typing + id);
    if (this.seesAll) return ['account', ...typing];
    const topics = new Set([`agent/${this.caller.agent}`, ...typing]);
    for (const row of this.rows.values()) if (row.queue) topics.add(`queue/${row.queue}`);
    for (const id of this.held.keys()) {
      const row = this.rows.get(id);
      if (!row?.queue && row?.assignee !== this.caller.agent) topics.add(`conversation/${id}`);
    }
    return [...topics].slice(0, 200);
  }

  private async askForDirty() {
    if (this.asking || this.dirty.size === 0) return;
    this.asking = true;
    const ids = [...this.dirty].sort((a, b) => this.rank(a) - this.rank(b)).slice(0, AskAtOnce);
    for (const id of ids) this.dirty.delete(id);
    try {
      const search = new URLSearchParams(ids.map((id) => ['id', id]));
      const { items } = await this.api.get<{ items: Conversation[] }>(`/v1/conversations:batchGet?${search}`, this.ends.signal);
      const missing = new Set(ids);
      for (const row of items) missing.delete(row.id);
      this.putAll(items);
      for (const id of missing) this.rows.delete(id);
    } catch {
      for (const id of ids) this.dirty.add(id);
      await pause(AfterFailure, this.ends.signal);
    } finally {
      this.asking = false;
    }
  }

  private rank(id: string) {
    return this.held.has(id) ? 0 : this.visible.has(id) ? 1 : 2;
  }

  private setLoading(loading: Loading) {
    this.loading = loading;
    this.show();
  }

  private show() {
    this.showing ??= setTimeout(() => {
      this.showing = undefined;
      this.version++;
      for (const listener of this.listeners) listener();
    }, ShowEvery);
  }
}

function split(entity: string): [string, string] {
  const slash = entity.indexOf('/');
  return [entity.slice(0, slash), entity.slice(slash + 1)];
}

/** Due is judged by the gateway; between its events this says whether a due time has passed. */
export const isOverdue = (due: string | null | undefined) => due != null && Date.parse(due) <= serverNow();
