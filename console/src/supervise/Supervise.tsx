import { type ComponentProps, type ReactNode, useMemo, useRef, useState } from 'react';
import type { Conversation } from '../api/types';
import { isOver } from '../live/store';
import { Since } from '../parts/marks';
import { useKeys } from '../shell/keys';
import { useLive, useVersion } from '../shell/live';
import { text } from '../text';
import { AgentMenu } from './AgentMenu';
import { Alarms } from './Alarms';
import { ConversationTable } from './ConversationTable';
import { Filters, type Filter, noFilter, passes } from './filter';
import { LoadTable, loadBy, withAgents, withQueues } from './load';
import { FilterBar } from './FilterBar';
import { type Queue, QueueMenu, useQueues } from './QueueMenu';
import { RecentMoves } from './RecentMoves';
import { useAgents } from './useAgents';
import { Wallboard } from './Wallboard';

const t = text.supervise;
const none: ReadonlyMap<string, Queue> = new Map();

export default function Supervise() {
  const { store } = useLive();
  const version = useVersion();
  const [filter, setFilter] = useState<Filter>(noFilter);
  const routed = useQueues();
  const { agents: people, version: peopleVersion } = useAgents();
  const { open, queues, agents, tiles } = useMemo(() => {
    const open: Conversation[] = [];
    for (const c of store.rows.values()) if (!isOver(c)) open.push(c);
    return { open, queues: withQueues(loadBy(open, (c) => c.queue ?? null), routed ?? none), agents: withAgents(loadBy(open, (c) => c.assignee ?? null), people), tiles: loadBy(open, () => 'all')[0] };
  }, [store, version, routed, people, peopleVersion]);
  const rows = useMemo(() => open.filter((c) => passes(c, filter)), [open, filter]);
  useKeys({ Escape: () => setFilter(noFilter) });
  const table = useRef<HTMLElement>(null);
  // Clicked above, it is shown below: the table may be out of sight.
  const show = (filter: Filter) => {
    setFilter(filter);
    table.current?.scrollIntoView({ block: 'nearest' });
  };
  const only = (change: Partial<Filter>, isOn: boolean) => show(isOn ? noFilter : { ...noFilter, ...change });
  return (
    <main className="supervise">
      <h1 className="unseen">{t.title}</h1>
      <section className="tiles" aria-label={t.title}>
        <Tile name={t.tiles.open} caption={tiles && tiles.aside > 0 ? t.and(t.aside(tiles.aside)) : undefined} value={(tiles?.open ?? 0).toLocaleString()} onClick={() => only({ status: 'open' }, filter.status === 'open')} isOn={filter.status === 'open'} />
        <Tile name={t.tiles.unassigned} value={(tiles?.unassigned ?? 0).toLocaleString()} onClick={() => only({ assignee: Filters.nobody }, filter.assignee === Filters.nobody)} isOn={filter.assignee === Filters.nobody} />
        <Tile name={t.tiles.atRisk} tone="amber" value={(tiles?.atRisk ?? 0).toLocaleString()} onClick={() => only({ sla: 'warning' }, filter.sla === 'warning')} isOn={filter.sla === 'warning'} />
        <Tile name={t.tiles.late} caption={tiles && tiles.lateAside > 0 ? t.ofThem(t.aside(tiles.lateAside)) : undefined} tone="red" value={(tiles?.late ?? 0).toLocaleString()} onClick={() => only({ sla: 'breached' }, filter.sla === 'breached')} isOn={filter.sla === 'breached'} />
        <Tile name={t.tiles.waiting} value={tiles?.oldest ? <Since at={tiles.oldest} /> : t.tiles.none} />
      </section>
      <div className="supervise-loads">
        <LoadCard title={t.queues} column={t.queue} loads={queues} none={text.noQueue} menu={routed && ((l) => l.name !== null && <QueueMenu id={l.name} queues={routed} />)} chosen={filter.queue} onChoose={(queue) => show({ ...filter, queue: filter.queue === queue ? '' : queue })} />
        <LoadCard title={t.agents} column={t.agent} loads={agents} none={text.unassigned} menu={people.size > 0 ? ((l) => l.agent && <AgentMenu agent={l.agent} />) : undefined} chosen={filter.assignee} onChoose={(assignee) => show({ ...filter, assignee: filter.assignee === assignee ? '' : assignee })} />
        <Alarms alarms={store.alarms} rows={store.rows} />
      </div>
      <Wallboard queue={filter.queue} />
      <RecentMoves />
      <section className="card table-card" aria-label={t.conversations} ref={table}>
        <FilterBar filter={filter} onChange={setFilter} open={open} count={rows.length} />
        <ConversationTable rows={rows} />
      </section>
    </main>
  );
}

function Tile({ name, value, caption, tone, isOn, onClick }: { name: string; value: ReactNode; caption?: string | undefined; tone?: 'amber' | 'red'; isOn?: boolean; onClick?: () => void }) {
  const content = <><span className="tile-value">{value}</span><span className="tile-name">{name}</span>{caption && <span className="tile-name">{caption}</span>}</>;
  const colour = value === '0' ? undefined : tone;
  return onClick ? <button type="button" className="tile" data-tone={colour} aria-pressed={isOn} onClick={onClick}>{content}</button> : <div className="tile" data-tone={colour}>{content}</div>;
}

function LoadCard(props: ComponentProps<typeof LoadTable>) {
  return (
    <section className="card" aria-label={props.title}>
      <LoadTable {...props} />
    </section>
  );
}
