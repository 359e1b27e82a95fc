import type { Change, Conversation, Priority, Status } from '../api/types';

interface MessageData {
  message: string;
  kind?: string;
  text: string;
  index?: number | null;
  sentAt?: string;
  visibility?: string;
  author?: { id: string; name?: string | null; handle?: string | null };
  auto?: boolean;
}

/**
 * The row after an event, as far as the event itself tells. Promises are left as they were: they are the gateway's to judge,
 * and are asked for within a moment.
 */
export function patched(row: Conversation, change: Change): Conversation {
  const next = { ...row, seq: change.seq };
  const data = change.data;
  switch (change.type) {
    case 'message.received': {
      const message = data as unknown as MessageData;
      next.lastMessage = { id: message.message, kind: 'customer', text: message.text.slice(0, 280), sentAt: message.sentAt ?? change.at, author: message.author?.id ?? '' };
      next.messageCount = message.index ?? row.messageCount + 1;
      next.unread = row.unread + 1;
      next.lastActivityAt = change.at;
      if (!message.auto) next.waitingSince = row.waitingSince ?? message.sentAt ?? change.at;
      break;
    }
    case 'message.posted':
    case 'message.recorded': {
      const message = data as unknown as MessageData;
      if (message.kind === 'note') break;
      next.lastMessage = { id: message.message, kind: message.kind === 'botReply' ? 'botReply' : 'reply', text: message.text.slice(0, 280), sentAt: message.sentAt ?? change.at, author: change.actor.id };
      next.lastActivityAt = change.at;
      break;
    }
    case 'status.changed':
      next.status = data.to as Status;
      next.snoozedUntil = data.to === 'snoozed' ? ((data.until as string | undefined) ?? null) : null;
      next.pendingUntil = data.to === 'pending' ? ((data.until as string | undefined) ?? null) : null;
      break;
    case 'assignment.changed':
      next.queue = (data.queue as string | undefined) ?? null;
      next.assignee = (data.assignee as string | undefined) ?? null;
      next.epoch = data.epoch as number;
      break;
    case 'priority.changed':
      next.priority = data.priority as Priority;
      break;
    case 'labels.changed':
      next.labels = [...row.labels.filter((l) => !((data.removed as string[] | undefined) ?? []).includes(l)), ...((data.added as string[] | undefined) ?? [])];
      break;
    case 'read.advanced':
      next.unread = Math.max(0, row.messageCount - (data.upTo as number));
      break;
    case 'control.changed':
      next.bot = (data.bot as string | undefined) ?? null;
      break;
    case 'customer.blocked':
      next.blocked = data.blocked as boolean;
      break;
  }
  return next;
}
