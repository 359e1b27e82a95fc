import { type Api, pause, query } from '../api/client';
import type { AgentList } from '../api/optional';
import type { Agent } from '../api/types';
import type { LiveStore } from './store';

const Page = 200;
const AskAtOnce = 100;
const AskEvery = 1_000;
const AfterFailure = 2_000;

/** Agents one console holds: as many as its tables are made for. */
const Most = 10_000;

/** Everybody who serves a queue, as they are now: listed once, then asked about when the feed says that they changed. */
export class AgentStore {
  readonly rows = new Map<string, Agent>();
  version = 0;
  private readonly dirty = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private readonly ends = new AbortController();

  constructor(
    private readonly api: Api,
    store: LiveStore,
  ) {
    const unwatch = store.watchAgents((id) => this.dirty.add(id), () => void this.list());
    this.ends.signal.addEventListener('abort', unwatch);
    void this.run();
  }

  close() {
    this.ends.abort();
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private async run() {
    await this.list();
    while (!this.ends.signal.aborted) {
      await pause(AskEvery, this.ends.signal);
      await this.ask();
    }
  }

  private async list(): Promise<void> {
    try {
      let cursor: string | null = null;
      do {
        const page: AgentList = await this.api.get<AgentList>(query('/v1/agents', { limit: Page, cursor }), this.ends.signal);
        for (const { agent } of page.items) this.put(agent);
        cursor = page.nextCursor;
        this.show();
      } while (cursor && this.rows.size < Most && !this.ends.signal.aborted);
    } catch {
      await pause(AfterFailure, this.ends.signal);
      if (!this.ends.signal.aborted) await this.list();
    }
  }

  private async ask() {
    const ids = [...this.dirty].slice(0, AskAtOnce);
    if (ids.length === 0 || this.ends.signal.aborted) return;
    for (const id of ids) this.dirty.delete(id);
    try {
      const { items } = await this.api.get<{ items: Agent[] }>(`/v1/agents:batchGet?${new URLSearchParams(ids.map((id) => ['id', id]))}`, this.ends.signal);
      const missing = new Set(ids);
      for (const agent of items) {
        missing.delete(agent.id);
        this.put(agent);
      }
      for (const id of missing) this.rows.delete(id);
      this.show();
    } catch {
      for (const id of ids) this.dirty.add(id);
      await pause(AfterFailure, this.ends.signal);
    }
  }

  private put(agent: Agent) {
    if ((this.rows.get(agent.id)?.seq ?? 0) <= agent.seq) this.rows.set(agent.id, agent);
  }

  private show() {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}
