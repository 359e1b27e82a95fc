import { Button, Group, Menu, SegmentedControl, Textarea, Tooltip } from '@mantine/core';
import { type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { Refused, serverNow } from '../api/client';
import type { Conversation, Event, MessageResponse } from '../api/types';
import type { Typing } from '../live/attendance';
import { useNow } from '../live/clock';
import { isOver } from '../live/store';
import { type Entry, timeline } from '../live/timeline';
import { channelName, customerName, reason, span } from '../parts/format';
import { IconChevronDown, IconSend } from '../parts/icons';
import { Notice } from '../parts/Notice';
import { useLive } from '../shell/live';
import { useSession } from '../shell/session';
import { text } from '../text';
import { replyWindow, textRule } from './channelRules';
import { type DraftKind, readDraft, writeDraft } from './drafts';
import { Missed } from './Timeline';

export interface ComposerHandle {
  focus: (kind: DraftKind) => void;
}

interface Props {
  ref: Ref<ComposerHandle>;
  c: Conversation;
  entries: readonly Entry[];
  lastSeq: number;
  loaded: boolean;
  /** Told while something is being written. */
  presence: Typing;
}

type Sending = { is: 'idle' } | { is: 'sending' } | { is: 'unanswered' } | { is: 'stale'; events: readonly Event[] } | { is: 'failed'; why: string };

const t = text.composer;

/**
 * A reply or a note. The draft survives everything until it is confirmed; a reply written before something newer arrived is held
 * back until its author has seen that (stale-reply guard); a send that nobody answered is repeated with the same key.
 */
export function Composer({ ref, c, entries, lastSeq, loaded, presence }: Props) {
  const { api, scope } = useSession();
  const { store, actions } = useLive();
  const over = isOver(c);
  const [kind, setKind] = useState<DraftKind>(over || (!readDraft(scope, c.id, 'reply') && readDraft(scope, c.id, 'note')) ? 'note' : 'reply');
  const [draft, setDraft] = useState(() => readDraft(scope, c.id, kind) ?? { text: '', basedOnSeq: 0 });
  const [sending, setSending] = useState<Sending>({ is: 'idle' });
  const field = useRef<HTMLTextAreaElement>(null);
  const busy = sending.is === 'sending' || sending.is === 'unanswered';

  const change = (next: typeof draft, of: DraftKind = kind) => {
    setDraft(next);
    writeDraft(scope, c.id, of, next);
  };
  const turn = (to: DraftKind) => {
    if (busy) return;
    setKind(to);
    setDraft(readDraft(scope, c.id, to) ?? { text: '', basedOnSeq: 0 });
    setSending({ is: 'idle' });
  };
  useImperativeHandle(ref, () => ({
    focus: (to) => {
      if (to !== kind) turn(to);
      field.current?.focus();
    },
  }));
  useEffect(() => {
    if (over && kind === 'reply' && draft.text === '') turn('note');
  }, [over]);

  // What arrived since the author began to write, of those messages that a reply could pass by.
  const arrived = useMemo(
    () => (kind === 'reply' && draft.text !== '' && draft.basedOnSeq > 0 ? entries.filter((e) => e.is === 'message' && e.seq > draft.basedOnSeq && e.from !== 'note') : []),
    [entries, kind, draft],
  );

  const send = async (then?: 'close' | 'pend', force = false) => {
    const body = draft.text.trim();
    if (!body || busy || !loaded) return;
    const key = draft.key ?? crypto.randomUUID();
    const epoch = draft.key ? draft.epoch : c.assignee === actions.me ? c.epoch : undefined;
    const owned = epoch === undefined ? {} : { epoch };
    change({ ...draft, key, ...owned });
    setSending({ is: 'sending' });
    const request = kind === 'note' ? { kind, text: body } : { kind, text: body, basedOnSeq: draft.basedOnSeq || lastSeq, force, ...owned };
    try {
      const { seq } = await api.write<MessageResponse>(`/v1/conversations/${encodeURIComponent(c.id)}/messages`, { body: request, key }, () => setSending({ is: 'unanswered' }));
      writeDraft(scope, c.id, kind, undefined);
      presence.rested();
      setDraft({ text: '', basedOnSeq: 0 });
      setSending({ is: 'idle' });
      store.touch(c.id);
      field.current?.focus();
      const after = { ...c, seq: seq ?? c.seq };
      if (then === 'close') void actions.close(after, text.closing.usual[0]!, '', seq);
      if (then === 'pend') void actions.pend(after);
    } catch (failure) {
      const problem = failure instanceof Refused ? failure.problem : undefined;
      // Refused means: not done. The next attempt is another wish, with another key.
      if (problem) change({ text: draft.text, basedOnSeq: draft.basedOnSeq });
      if (problem?.current) store.put(problem.current);
      if (problem?.code === 'stale_reply') setSending({ is: 'stale', events: (problem.events ?? []).filter((e) => e.type.startsWith('message.')) });
      else setSending({ is: 'failed', why: reason(failure) });
    }
  };

  const rule = textRule(c);
  const length = useMemo(() => rule.count(draft.text), [rule, draft.text]);
  const tooLong = kind === 'reply' && length > rule.limit && rule.above === 'refused';
  const window = <WindowState c={c} />;
  const replyClosed = kind === 'reply' && (over || replyWindow(c, serverNow()).is === 'closed');
  const canSend = draft.text.trim() !== '' && !busy && !tooLong && !replyClosed && loaded;
  const isPublic = c.visibility === 'public';
  const hint = kind === 'note' ? t.noteHint : isPublic ? t.replyPublic(channelName(c.channel)) : t.replyPrivate(customerName(c));

  return (
    <form
      className="composer" data-kind={kind} data-public={isPublic || undefined} aria-label={t.label}
      onSubmit={(e) => (e.preventDefault(), void (canSend && send()))}
    >
      {arrived.length > 0 && sending.is !== 'stale' && (
        <Notice tone="amber" title={t.arrivedTitle}>
          <Missed entries={arrived} />
          <Button size="compact-xs" variant="default" onClick={() => (change({ text: draft.text, basedOnSeq: lastSeq }), field.current?.focus())}>{t.arrivedSeen}</Button>
        </Notice>
      )}
      {sending.is === 'stale' && (
        <Notice tone="amber" title={t.staleTitle} role="alert">
          <p className="small">{t.staleBody}</p>
          <Missed entries={timeline(sending.events)} />
          <Group gap="xs">
            <Button size="compact-xs" onClick={() => void send(undefined, true)}>{t.sendAnyway}</Button>
            <Button size="compact-xs" variant="default" onClick={() => (change({ text: draft.text, basedOnSeq: lastSeq }), setSending({ is: 'idle' }), field.current?.focus())}>{t.keepEditing}</Button>
          </Group>
        </Notice>
      )}
      {sending.is === 'failed' && <Notice tone="red" role="alert" onClose={() => setSending({ is: 'idle' })}>{t.failed(sending.why)}</Notice>}
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <SegmentedControl size="xs" value={kind} onChange={(to) => turn(to as DraftKind)} data={[{ value: 'reply', label: t.reply }, { value: 'note', label: t.note }]} aria-label={t.label} />
        <span className="composer-hint">{hint}</span>
      </Group>
      <Textarea
        ref={field} aria-label={hint} placeholder={kind === 'note' ? t.noteHint : hint} value={draft.text} autosize minRows={2} maxRows={10} readOnly={busy} maxLength={100_000}
        onChange={(e) => {
          const value = e.currentTarget.value;
          if (value === '') presence.rested();
          else presence.typed();
          change({ text: value, basedOnSeq: draft.text === '' ? lastSeq : draft.basedOnSeq });
          if (sending.is === 'failed') setSending({ is: 'idle' });
        }}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
            e.preventDefault();
            if (canSend) void send();
          }
          if (e.key === 'Escape') e.currentTarget.blur();
        }}
      />
      <Group gap="xs" justify="space-between" wrap="nowrap" className="composer-foot">
        <span className="composer-facts" aria-live="polite">
          {busy ? <span>{sending.is === 'unanswered' ? t.unanswered : t.sending}</span> : (
            <>
              {kind === 'reply' && rule.limit < 100_000 && (
                <Tooltip label={t.weighted} disabled={!rule.weighted} multiline maw={260}>
                  <span className="count" data-over={length > rule.limit || undefined} aria-label={t.charsLabel(length, rule.limit)}>{t.chars(length, rule.limit)}</span>
                </Tooltip>
              )}
              {kind === 'reply' && length > rule.limit && rule.above !== 'refused' && <span>{(rule.above === 'posts' ? t.posts : t.messages)(Math.ceil(length / (rule.limit - 8)))}</span>}
              {tooLong && <span className="bad">{t.tooLong}</span>}
              {kind === 'reply' && (over ? <span>{t.over}</span> : window)}
              {draft.text !== '' && <span>{t.draftKept}</span>}
            </>
          )}
        </span>
        <Group gap={0} wrap="nowrap">
          <Tooltip label="Ctrl + Enter">
            <Button type="submit" disabled={!canSend} loading={busy} leftSection={<IconSend size={14} aria-hidden />} className={kind === 'reply' ? 'send' : ''}>{kind === 'note' ? t.add : t.send}</Button>
          </Tooltip>
          {kind === 'reply' && (
            <Menu withInitialFocusPlaceholder={false} position="top-end">
              <Menu.Target><Button disabled={!canSend} aria-label={t.sendMore} px={8} className="send-more"><IconChevronDown size={14} aria-hidden /></Button></Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => void send('pend')}>{t.sendPend}</Menu.Item>
                <Menu.Item onClick={() => void send('close')}>{t.sendClose}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
      </Group>
    </form>
  );
}

function WindowState({ c }: { c: Conversation }) {
  const state = replyWindow(c, useNow());
  switch (state.is) {
    case 'none': return null;
    case 'open': return <span>{t.windowOpen(span(state.until - serverNow()))}</span>;
    case 'human': return <span className="warn">{t.windowHuman(span(state.until - serverNow()))}</span>;
    case 'closed': return <span className="bad">{t.windowClosed}</span>;
  }
}
