import { type Api, Refused } from '../api/client';
import type { CommandResponse, Conversation, Event, Priority } from '../api/types';
import type { LiveStore } from '../live/store';
import { when, reason } from '../parts/format';
import { say } from '../shell/toasts';
import { text } from '../text';

/** What does not matter to somebody who acts on who owns a conversation or whether it is over. */
const Harmless = new Set(['read.advanced', 'message.delivery', 'message.reaction', 'labels.changed', 'customer.updated', 'echo.deferred', 'echo.merged', 'sla.warning', 'sla.breached', 'sla.fulfilled', 'sla.withdrawn', 'sla.changed', 'sla.escalated', 'sla.unreachable', 'queue.changed', 'work.changed', 'dormancy.changed', 'monitor.started', 'monitor.ended', 'participants.changed']);

export type AskAboutConflict = (conflict: { conversation: Conversation; events: readonly Event[] }) => Promise<boolean>;

interface Command {
  name: string;
  body?: Record<string, unknown>;
  /** Refused if the conversation changed since it was last seen. */
  guarded?: boolean;
  done: string;
  /** Given the version the command led to. */
  undo?: (seq: number) => Promise<unknown>;
}

/** Taken from somebody, it is said from whom. */
const takenFrom = (c: Conversation) => (c.assignee ? text.act.takenFrom(c.assignee) : text.act.taken);

/** What people do to conversations: each is one write, said when done, with a way back where there is one. */
export class Actions {
  constructor(
    private readonly api: Api,
    private readonly store: LiveStore,
    readonly me: string,
    /** The names under which the history knows this person: the agent's, and the key's where the key belongs to no agent. */
    readonly isMe: (actor: string) => boolean,
    private readonly askAboutConflict: AskAboutConflict,
  ) {}

  take = (c: Conversation) => this.assign(c, { agent: this.me }, takenFrom(c));

  acceptOffer = (c: Conversation, offer: string) => this.run(c, { name: `offers/${encodeURIComponent(offer)}/accept`, done: text.offers.accepted });

  rejectOffer = (c: Conversation, offer: string) => this.run(c, { name: `offers/${encodeURIComponent(offer)}/reject`, done: text.offers.rejected });

  async assignOrMove(c: Conversation, to: { agent: string | null; queue: string | null; note: string }) {
    const queue = to.queue !== (c.queue ?? null) ? to.queue : null;
    // A transfer has one target and this may be two: the note goes before the assignment.
    const noted = to.note ? await this.run(c, { name: 'messages', body: { kind: 'note', text: to.note }, done: '' }) : undefined;
    if (to.note && noted === undefined) return undefined;
    return this.assign(c, { agent: to.agent, queue }, to.agent ? text.act.assigned(to.agent) : queue ? text.act.moved(queue) : text.act.released, noted);
  }

  private assign(c: Conversation, to: { agent: string | null; queue?: string | null }, done: string, at?: number): Promise<number | undefined> {
    return this.run(c, {
      name: 'assign', body: { agent: to.agent, queue: to.queue ?? null }, guarded: true, done,
      undo: (seq) => this.run(c, { name: 'assign', body: { agent: c.assignee ?? null, queue: c.queue ?? null }, guarded: true, done: c.assignee ? text.act.assigned(c.assignee) : text.act.released }, seq),
    }, at);
  }

  close = (c: Conversation, disposition: string, note: string, at?: number) =>
    this.run(c, { name: 'close', body: { disposition: disposition || null, note: note || null }, guarded: true, done: text.act.closed, undo: () => this.reopen(c) }, at);

  reopen = (c: Conversation) => this.run(c, { name: 'reopen', done: text.act.reopened });

  snooze = (c: Conversation, until: Date) =>
    this.run(c, { name: 'snooze', body: { until: until.toISOString() }, done: text.act.snoozed(when(until.getTime())), undo: () => this.reopen(c) });

  pend = (c: Conversation) => this.run(c, { name: 'pending', body: {}, done: text.act.pended, undo: () => this.reopen(c) });

  hold = (c: Conversation) => this.run(c, { name: 'hold', done: text.act.held, undo: () => this.reopen(c) });

  spam = (c: Conversation) => this.run(c, { name: 'spam', done: text.act.spammed });

  block = (c: Conversation, blocked: boolean): Promise<number | undefined> =>
    this.run(c, { name: 'block', body: { blocked }, done: blocked ? text.act.blocked : text.act.unblocked, undo: () => this.block(c, !blocked) });

  prioritise = (c: Conversation, priority: Priority): Promise<number | undefined> =>
    this.run(c, { name: 'priority', body: { priority }, done: text.act.prioritised(text.priority[priority] ?? priority), undo: () => this.prioritise(c, c.priority) });

  label = (c: Conversation, labels: readonly string[]) =>
    this.run(c, { name: 'labels', body: { add: labels.filter((l) => !c.labels.includes(l)), remove: c.labels.filter((l) => !labels.includes(l)) }, done: text.act.labelled });

  monitor = (c: Conversation, on: boolean): Promise<number | undefined> =>
    this.run(c, { name: on ? 'monitor' : 'stop-monitoring', done: on ? text.supervision.monitoring : text.supervision.notMonitoring, ...(on ? { undo: () => this.monitor(c, false) } : {}) });

  join = (c: Conversation, on: boolean): Promise<number | undefined> =>
    this.run(c, { name: on ? 'barge' : 'leave', done: on ? text.supervision.joined : text.supervision.left, ...(on ? { undo: () => this.join(c, false) } : {}) });

  takeOver = (c: Conversation) => this.run(c, { name: 'take-over', guarded: true, done: takenFrom(c) });

  whisper = (c: Conversation, words: string) => this.run(c, { name: 'whisper', body: { text: words }, done: text.supervision.whispered });

  /** Moves the read horizon; nothing is said, and if it fails the next look does it. */
  async read(c: Conversation) {
    await this.api.ask(this.path(c, 'read'), { method: 'POST', body: { upTo: c.messageCount } }).catch(() => undefined);
  }

  private path = (c: Conversation, name: string) => `/v1/conversations/${encodeURIComponent(c.id)}/${name}`;

  /**
   * @param at The version to act on; by default the one on the screen.
   * @returns The version afterwards; undefined when it was not done.
   */
  private async run(c: Conversation, command: Command, at?: number): Promise<number | undefined> {
    let seen = at ?? this.store.rows.get(c.id)?.seq ?? c.seq;
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        const { seq } = await this.api.write<CommandResponse>(this.path(c, command.name), { body: command.body ?? {}, ...(command.guarded ? { ifMatch: seen } : {}) });
        this.store.touch(c.id);
        const after = seq ?? seen;
        if (command.done) say(command.done, command.undo ? { undo: () => void command.undo?.(after) } : {});
        return after;
      } catch (failure) {
        const problem = failure instanceof Refused ? failure.problem : undefined;
        if (problem?.code === 'version_conflict' && problem.current) {
          this.store.put(problem.current);
          const matters = (problem.events ?? []).filter((e) => !Harmless.has(e.type));
          if (matters.length > 0 && !(await this.askAboutConflict({ conversation: problem.current, events: matters }))) return undefined;
          seen = problem.current.seq;
          continue;
        }
        say(reason(failure), { tone: 'failed' });
        this.store.touch(c.id);
        return undefined;
      }
    }
    return undefined;
  }
}
