import type { components } from './schema';

type Schemas = components['schemas'];

export type Conversation = Schemas['ConversationView'];
export type ConversationList = Schemas['ConversationList'];
export type Status = Schemas['ConversationStatus'];
export type Priority = Schemas['Priority'];
export type Visibility = Schemas['Visibility'];
export type Sla = Schemas['SlaView'];
export type SlaState = Schemas['SlaState'];
export type Clock = Schemas['ClockView'];
export type ReplyWindow = Schemas['ReplyWindow'];
export type Actor = Schemas['Actor'];
export type Attachment = Schemas['Attachment'];
export type Delivery = Schemas['DeliveryState'];
export type Caller = Schemas['CallerView'];
export type CommandResponse = Schemas['CommandResponse'];
export type MessageResponse = Schemas['MessageResponse'];
export type DeadLetter = Schemas['DeadLetterView'];
export type DeadLetterList = Schemas['DeadLetterList'];
export type Channel = Schemas['ChannelView'];
export type Agent = Schemas['AgentBody'];
export type NodeList = Schemas['NodeList'];
export type BulkJob = Schemas['BulkJobView'];
export type BulkItemList = Schemas['BulkItemList'];

/** One event of a conversation, from its history or from the feed. What `data` holds depends on the type. */
export type Event = Omit<Schemas['EventView'], 'data'> & { data: Record<string, unknown> };

/** One event of the feed. */
export type Change = Event & { entity: string };

/** An RFC 9457 problem as this API makes them. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  current?: Conversation;
  /** Of a conflict: what happened since the version the caller saw. */
  events?: Event[];
}
