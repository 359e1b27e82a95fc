import { type ReactNode, useMemo } from 'react';
import { IconArchive, IconHourglass, IconInbox, IconList, IconStack2, IconUser, IconZzz } from '../parts/icons';
import { useLive } from '../shell/live';
import { addressOf, onLink } from '../shell/router';
import { text } from '../text';
import { isIn, known, type ViewId } from './views';

const fixed: readonly (readonly [ViewId, string, typeof IconInbox])[] = [
  ['open', text.views.open, IconList],
  ['unassigned', text.views.unassigned, IconInbox],
  ['mine', text.views.mine, IconUser],
  ['waiting', text.views.waiting, IconHourglass],
  ['snoozed', text.views.snoozed, IconZzz],
  ['closed', text.views.closed, IconArchive],
];

export const viewName = (view: ViewId) => fixed.find(([id]) => id === view)?.[1] ?? view.replace('queue:', '');

export function Views({ view, version }: { view: ViewId; version: number }) {
  const { store, actions } = useLive();
  const { counts, queues } = useMemo(() => {
    const queues = known(store.rows.values()).queues;
    const counts = new Map<ViewId, { all: number; warned: number; late: number }>();
    const views: ViewId[] = [...fixed.map(([id]) => id), ...queues.map((q) => `queue:${q}` as const)];
    for (const id of views) {
      let [all, warned, late] = [0, 0, 0];
      for (const c of store.rows.values()) {
        if (!isIn(id, c, actions.me)) continue;
        all++;
        if (c.sla?.state === 'warning') warned++;
        if (c.sla?.state === 'breached') late++;
      }
      counts.set(id, { all, warned, late });
    }
    return { counts, queues };
  }, [store, actions.me, version]);
  const link = (id: ViewId, name: string, icon: ReactNode) => (
    <li key={id}>
      <a href={addressOf('desk', id)} onClick={onLink} aria-current={id === view ? 'true' : undefined}>
        {icon}
        <span className="view-name">{name}</span>
        <Risk n={counts.get(id)?.late ?? 0} says={text.views.late} isLate />
        <Risk n={counts.get(id)?.warned ?? 0} says={text.views.atRisk} />
        {id !== 'closed' && <span className="number">{(counts.get(id)?.all ?? 0).toLocaleString()}</span>}
      </a>
    </li>
  );
  return (
    <nav className="views" aria-label={text.views.label}>
      <ul>{fixed.map(([id, name, Icon]) => link(id, name, <Icon size={16} aria-hidden />))}</ul>
      <h2>{text.views.queues}</h2>
      <ul>{queues.map((q) => link(`queue:${q}`, q, <IconStack2 size={16} aria-hidden />))}</ul>
    </nav>
  );
}

function Risk({ n, says, isLate }: { n: number; says: (n: number) => string; isLate?: boolean }) {
  return n > 0 && <span className="risk" data-late={isLate} title={says(n)}>{n}<span className="unseen"> {says(n)}</span></span>;
}
