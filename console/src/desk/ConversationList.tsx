import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef } from 'react';
import type { Conversation } from '../api/types';
import { channelName, customerName } from '../parts/format';
import { ChannelMark, DueMark, PriorityMark, Since, Time } from '../parts/marks';
import { useLive } from '../shell/live';
import { addressOf } from '../shell/router';
import { text } from '../text';
import { viewName } from './Views';
import type { ViewId } from './views';

const RowHeight = 78;

interface Props {
  view: ViewId;
  rows: readonly Conversation[];
  selected: string | undefined;
  onOpen: (id: string) => void;
  isNarrowed: boolean;
}

/** Draws only the rows in sight, however many there are. */
export function ConversationList({ view, rows, selected, onOpen, isNarrowed }: Props) {
  const { store, actions } = useLive();
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => RowHeight, overscan: 8, getItemKey: (i) => rows[i]!.id });
  const items = virtual.getVirtualItems();
  const shown = items.map((i) => rows[i.index]?.id ?? '');
  const key = shown.join();
  useEffect(() => store.look(new Set(shown)), [store, key]);
  useEffect(() => {
    const at = rows.findIndex((c) => c.id === selected);
    if (at >= 0) virtual.scrollToIndex(at);
    // Only when another one is selected: while the list moves under it, the person decides where to look.
  }, [selected]);

  if (rows.length === 0 && store.loading.phase !== 'first') {
    return <p className="empty">{isNarrowed ? text.list.emptySearch : view === 'mine' ? text.list.emptyMine : text.list.empty}</p>;
  }
  return (
    <div className="list-scroll" ref={scroll} tabIndex={-1}>
      <ul style={{ height: virtual.getTotalSize() }} aria-label={text.list.label(viewName(view))}>
        {items.map((item) => {
          const c = rows[item.index];
          return c && (
            <li key={item.key} style={{ transform: `translateY(${item.start}px)` }} aria-setsize={rows.length} aria-posinset={item.index + 1}>
              <Row c={c} isSelected={c.id === selected} onOpen={onOpen} view={view} isMe={actions.isMe} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

export const Row = memo(function Row({ c, isSelected, onOpen, view, isMe }: { c: Conversation; isSelected: boolean; onOpen: (id: string) => void; view: ViewId; isMe: (actor: string) => boolean }) {
  const last = c.lastMessage;
  const from = last?.kind === 'reply' ? (isMe(last.author) ? text.list.yours : text.list.by(last.author)) : last?.kind === 'botReply' ? text.list.by(text.timeline.bot) : '';
  return (
    <a
      className="row" href={addressOf('desk', view, c.id)} aria-current={isSelected ? 'true' : undefined} data-unread={c.unread > 0 || undefined} data-state={c.sla?.state}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onOpen(c.id);
      }}
    >
      <span className="row-top">
        <span className="row-name">{customerName(c)}</span>
        <ChannelMark c={c} />
        <PriorityMark priority={c.priority} />
        <span className="row-time">{c.waitingSince ? <span title={text.list.waitingSince('')}><Since at={c.waitingSince} /></span> : <Time at={c.lastActivityAt} />}</span>
      </span>
      <span className="row-text">{from}{last?.text ?? channelName(c.channel)}</span>
      <span className="row-foot">
        <span className="row-owner">{c.assignee ?? text.pane.unassigned}{c.queue && view !== `queue:${c.queue}` ? ` · ${c.queue}` : ''}{c.status !== 'open' ? ` · ${text.status[c.status]}` : ''}</span>
        <DueMark sla={c.sla} />
      </span>
    </a>
  );
});
