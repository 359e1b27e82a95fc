// Unsent texts, kept in localStorage until they are confirmed as sent: a reload, a crash or the end of a session loses none.

export interface Draft {
  text: string;
  /** The newest event its author had seen when beginning to write, or has acknowledged since (stale-reply guard). */
  basedOnSeq: number;
  /** Of a send that was begun and not confirmed: the same key again has no second effect. */
  key?: string;
  /** Of the same send: the ownership its author had, so that whoever lost it meanwhile does not answer beside the new owner. */
  epoch?: number;
}

export type DraftKind = 'reply' | 'note';

const prefix = (scope: string) => `conversations.draft.${scope}/`;
const keyOf = (scope: string, conversation: string, kind: DraftKind) => `${prefix(scope)}${conversation}/${kind}`;

export function readDraft(scope: string, conversation: string, kind: DraftKind): Draft | undefined {
  try {
    return (JSON.parse(localStorage.getItem(keyOf(scope, conversation, kind)) ?? 'null') as Draft | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export function writeDraft(scope: string, conversation: string, kind: DraftKind, draft: Draft | undefined) {
  const key = keyOf(scope, conversation, kind);
  if (!draft || draft.text === '') localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(draft));
}

const keysOf = (scope: string) => Object.keys(localStorage).filter((key) => key.startsWith(prefix(scope)));

export const countDrafts = (scope: string) => keysOf(scope).length;

export const dropDrafts = (scope: string) => keysOf(scope).forEach((key) => localStorage.removeItem(key));
