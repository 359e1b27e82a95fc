import type { Actor, Attachment, Delivery, Event, Visibility } from '../api/types';

export interface Message {
  is: 'message';
  id: string;
  seq: number;
  from: 'customer' | 'us' | 'bot' | 'note';
  visibility: Visibility;
  author: string;
  /** Of a note: whom it was meant for. */
  to?: string;
  text: string;
  attachments: readonly Attachment[];
  at: string;
  delivery?: { state: Delivery; at: string; code?: string; detail?: string };
  edits: readonly { text: string; at: string }[];
  deletedAt?: string;
  reactions: readonly { by: string; emoji: string }[];
  flags: readonly ('auto' | 'flood' | 'blocked' | 'elsewhere')[];
}

/** Something that happened beside the messages. */
export interface Note {
  is: 'event';
  seq: number;
  type: string;
  at: string;
  actor: Actor;
  data: Record<string, unknown>;
}

export type Entry = Message | Note;

/** Inner steps nobody who answers customers needs to read. */
const Silent = new Set([
  'read.advanced', 'echo.deferred', 'echo.merged', 'customer.updated', 'conversation.started', 'sla.changed', 'sla.calendar_changed',
  'queue.left', 'queue.changed', 'offer.accepted', 'queue.boosted', 'offer.exclusionsCleared', 'dormancy.changed', 'reassign.flagged', 'participants.changed', 'work.changed', 'group.changed',
]);

interface Author {
  id: string;
  name?: string | null;
  handle?: string | null;
}

/** The history as people read it: messages with what became of them, and what happened in between. Events come in seq order. */
export function timeline(events: readonly Event[]): Entry[] {
  const entries: Entry[] = [];
  const messages = new Map<string, Message>();
  const ours: Message[] = [];
  const change = (id: unknown, how: (m: Message) => void) => {
    const message = messages.get(id as string); // else it is in a part of the history that is not loaded
    if (message) how(message);
  };
  for (const event of events) {
    const { data, type } = event;
    switch (type) {
      case 'message.received':
      case 'message.posted':
      case 'message.recorded': {
        const author = data.author as Author | undefined;
        const kind = data.kind as string | undefined;
        const message: Message = {
          is: 'message', id: data.message as string, seq: event.seq,
          from: type === 'message.received' ? 'customer' : kind === 'note' ? 'note' : kind === 'botReply' ? 'bot' : 'us',
          visibility: data.visibility as Visibility,
          author: type === 'message.received' ? (author?.name || author?.handle || author?.id || '') : author?.id || event.actor.id,
          text: (data.text as string | undefined) ?? '',
          attachments: (data.attachments as Attachment[] | undefined) ?? [],
          at: (data.sentAt as string | undefined) ?? event.at,
          edits: [], reactions: [],
          flags: [
            ...(data.auto ? (['auto'] as const) : []), ...(data.flood ? (['flood'] as const) : []), ...(data.blocked ? (['blocked'] as const) : []),
            ...(type === 'message.recorded' ? (['elsewhere'] as const) : []),
          ],
        };
        if (typeof data.whisperTo === 'string') message.to = data.whisperTo;
        if (typeof data.delivery === 'string') message.delivery = { state: data.delivery as Delivery, at: event.at };
        if (message.delivery) ours.push(message);
        messages.set(message.id, message);
        entries.push(message);
        break;
      }
      case 'message.delivery': {
        const delivery = { state: data.state as Delivery, at: (data.at as string | undefined) ?? event.at, ...(data.code ? { code: data.code as string } : {}), ...(data.detail ? { detail: data.detail as string } : {}) };
        change(data.message, (m) => {
          m.delivery = delivery;
          if (data.upTo) for (const earlier of ours) if (earlier.seq < m.seq && isBefore(earlier.delivery?.state, delivery.state)) earlier.delivery = delivery;
        });
        break;
      }
      case 'message.edited':
        change(data.message, (m) => {
          m.edits = [...m.edits, { text: m.text, at: (data.at as string | undefined) ?? event.at }];
          m.text = data.text as string;
          if (data.attachments) m.attachments = data.attachments as Attachment[];
        });
        break;
      case 'message.deleted':
        change(data.message, (m) => (m.deletedAt = (data.at as string | undefined) ?? event.at));
        break;
      case 'message.reaction':
        change(data.message, (m) => {
          const by = (data.by as Author).name || (data.by as Author).handle || (data.by as Author).id;
          const others = m.reactions.filter((r) => r.by !== by);
          m.reactions = data.emoji ? [...others, { by, emoji: data.emoji as string }] : others;
        });
        break;
      default:
        if (!Silent.has(type)) entries.push({ is: 'event', seq: event.seq, type, at: event.at, actor: event.actor, data });
    }
  }
  return entries;
}

const Order: readonly Delivery[] = ['queued', 'sent', 'delivered', 'read'];

const isBefore = (a: Delivery | undefined, b: Delivery) => a !== undefined && a !== 'failed' && Order.indexOf(a) < Order.indexOf(b);
