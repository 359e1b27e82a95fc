import type { Conversation } from '../api/types';
import { xWeight } from './xWeight';

/** How much text a channel takes. Numbers from spec of the channels, 2026-11. */
export interface TextRule {
  /** The unit the channel counts in. */
  count: (text: string) => number;
  limit: number;
  /** What happens above: the adapter cuts the text into several, or the channel refuses. */
  above: 'posts' | 'messages' | 'refused';
  weighted?: boolean;
}

const units = (text: string) => text.length;
const bytes = (text: string) => new TextEncoder().encode(text).length;

const rules: Record<string, { public?: TextRule; private?: TextRule }> = {
  x: {
    public: { count: xWeight, limit: 280, above: 'posts', weighted: true },
    private: { count: units, limit: 10_000, above: 'messages' },
  },
  instagram: { private: { count: bytes, limit: 1_000, above: 'refused' } },
  messenger: { private: { count: units, limit: 2_000, above: 'refused' } },
  whatsapp: { private: { count: units, limit: 4_096, above: 'refused' } },
  telegram: { private: { count: units, limit: 4_096, above: 'refused' } },
  line: { private: { count: units, limit: 5_000, above: 'refused' } },
  sms: { private: { count: units, limit: 1_600, above: 'refused' } },
};

/** The API's own bound (conversation.md 3). */
const anything: TextRule = { count: units, limit: 100_000, above: 'refused' };

export const textRule = (c: Conversation): TextRule => rules[c.channel]?.[c.visibility === 'public' ? 'public' : 'private'] ?? anything;

export type WindowState = { is: 'none' } | { is: 'open' | 'human'; until: number } | { is: 'closed' };

/** Until when the platform lets a person answer. */
export function replyWindow(c: Conversation, now: number): WindowState {
  if (!c.replyWindow) return { is: 'none' };
  const closes = Date.parse(c.replyWindow.closesAt);
  if (now <= closes) return { is: 'open', until: closes };
  const human = c.replyWindow.humanUntil ? Date.parse(c.replyWindow.humanUntil) : 0;
  return now <= human ? { is: 'human', until: human } : { is: 'closed' };
}
