import { useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Conversation } from '../api/types';
import { useKeys } from '../shell/keys';
import { useLive, useVersion } from '../shell/live';
import { addressOf, go, useRoute } from '../shell/router';
import { useSession } from '../shell/session';
import { ClosedList } from './ClosedList';
import { ConversationList } from './ConversationList';
import { ConversationPane } from './ConversationPane';
import { isIn, isOf, matches, type Order, sorted, type ViewId, type Whose, wordsOf } from './views';
import { Views } from './Views';
import { NoConversation } from './NoConversation';
import { ListHead } from './ListHead';
import { Offers } from './Offers';

const MoveDialog = lazy(() => import('../supervise/MoveDialog'));

const Remembered = 'conversations.order';

const whole: { search: string; whose: Whose } = { search: '', whose: 'all' };

export function Desk() {
  const route = useRoute();
  const { store, actions } = useLive();
  const version = useVersion();
  const view = (route[1] ?? 'open') as ViewId;
  const selected = route[2];
  const [order, setOrder] = useState<Order>(() => (localStorage.getItem(Remembered) as Order | null) ?? 'due');
  const [narrowed, setNarrowed] = useState({ view, ...whole });
  const { search, whose } = narrowed.view === view ? narrowed : whole; // another list is shown whole
  const [moving, setMoving] = useState<readonly Conversation[]>();
  const movesLoad = useSession().caller.role !== 'agent';
  const isNarrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false });
  const pane = useRef<HTMLElement>(null);
  const searchField = useRef<HTMLInputElement>(null);

  const rows = useMemo(() => {
    const words = wordsOf(search);
    const found = [];
    for (const c of store.rows.values()) if (isIn(view, c, actions.me) && isOf(whose, c, actions.me) && matches(c, words)) found.push(c);
    return sorted(found, order);
    // The version stands for all rows.
  }, [store, version, view, search, whose, order, actions.me]);

  const open = useCallback((id: string) => go(addressOf('desk', view, id), { replace: route[2] !== undefined }), [view, route]);
  const step = (by: number) => {
    const at = rows.findIndex((c) => c.id === selected);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) open(next.id);
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    // With the focus on something these keys are its own: a button is pressed, a menu opened, the history scrolled.
    ArrowDown: (target) => (target === document.body ? step(1) : false),
    ArrowUp: (target) => (target === document.body ? step(-1) : false),
    '/': () => searchField.current?.focus(),
    Enter: (target) => (target !== document.body && !target.closest('.row[aria-current]') ? false : selected ? pane.current?.focus() : step(0)),
  });
  useEffect(() => localStorage.setItem(Remembered, order), [order]);

  const list = (
    <section className="list">
      <Offers version={version} onOpen={open} />
      <ListHead view={view} order={order} onOrder={setOrder} search={search} onSearch={(search) => setNarrowed({ view, search, whose })} whose={whose} onWhose={(whose) => setNarrowed({ view, search, whose })} field={searchField} count={rows.length} onMove={movesLoad && view !== 'closed' && rows.length > 0 ? () => setMoving(rows) : undefined} />
      {view === 'closed' ? <ClosedList selected={selected} onOpen={open} search={search} /> : <ConversationList view={view} rows={rows} selected={selected} onOpen={open} isNarrowed={search !== '' || whose !== 'all'} />}
      {moving && <Suspense><MoveDialog rows={moving} onClose={() => setMoving(undefined)} /></Suspense>}
    </section>
  );
  const conversation = (
    <main className="pane" ref={pane} tabIndex={-1}>
      {selected ? <ConversationPane key={selected} id={selected} onBack={isNarrow ? () => go(addressOf('desk', view)) : undefined} /> : <NoConversation view={view} />}
    </main>
  );
  if (isNarrow) return <div className="desk narrow">{selected ? conversation : <><Views view={view} version={version} />{list}</>}</div>;
  return (
    <div className="desk">
      <Views view={view} version={version} />
      {list}
      {conversation}
    </div>
  );
}
