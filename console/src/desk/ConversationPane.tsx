import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { Refused } from '../api/client';
import { usePresence } from '../live/attendance';
import { useHistory } from '../live/history';
import { useLive, useRow } from '../shell/live';
import { useSession } from '../shell/session';
import { Notice } from '../parts/Notice';
import { text } from '../text';
import { Composer, type ComposerHandle } from './Composer';
import { PaneHead } from './PaneHead';
import { Timeline } from './Timeline';

/** How long a conversation must be looked at before its messages count as read. */
const ReadAfter = 1_000;

export function ConversationPane({ id, onBack }: { id: string; onBack: (() => void) | undefined }) {
  const { api } = useSession();
  const { store, actions } = useLive();
  const history = useHistory(api, store, id);
  const presence = usePresence(api, id);
  const row = useRow(id);
  const [missing, setMissing] = useState(false);
  const composer = useRef<ComposerHandle>(null);

  useEffect(() => {
    if (!row) store.fetch(id).catch((failure) => setMissing(failure instanceof Refused && failure.problem.status === 404));
  }, [store, id, row === undefined]);

  // Read is what its owner has had in front of them; a supervisor looking in changes nothing.
  const isMine = row?.assignee === actions.me;
  const unread = row?.unread ?? 0;
  useEffect(() => {
    if (!row || !isMine || unread === 0 || !history.loaded) return;
    const timer = setTimeout(() => document.visibilityState === 'visible' && document.hasFocus() && void actions.read(row), ReadAfter);
    return () => clearTimeout(timer);
  }, [isMine, unread, history.loaded, row?.messageCount]);

  if (missing) return <p className="empty">{text.pane.missing}{onBack && <Button ml="sm" variant="default" onClick={onBack}>{text.pane.back}</Button>}</p>;
  if (!row) return <p className="empty">{text.loading}</p>;
  return (
    <article className="conversation" aria-label={text.pane.label(row.customer?.name ?? row.customer?.handle ?? '')}>
      <PaneHead c={row} onBack={onBack} onReply={() => composer.current?.focus('reply')} onNote={() => composer.current?.focus('note')} />
      {row.bot && <Notice tone="plain">{text.pane.bot(row.bot)}</Notice>}
      {row.blocked && <Notice tone="plain">{text.pane.blocked}</Notice>}
      <Timeline history={history} customer={row.customer?.name ?? ''} isMe={actions.isMe} isPublic={row.visibility === 'public'} />
      <Composer key={id} ref={composer} c={row} entries={history.entries} lastSeq={history.lastSeq} loaded={history.loaded} presence={presence} />
    </article>
  );
}
