import { TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import type { Agent, Conversation } from '../api/types';
import { Since } from '../parts/marks';
import { text } from '../text';
import { AgentState, statusOf } from './AgentState';
import { Filters } from './filter';
import type { Queue } from './QueueMenu';

/** What one queue or agent has on its hands. */
export interface Load {
  /** Null: what has none. */
  name: string | null;
  /** Somebody's turn. */
  open: number;
  /** Waiting for customers, on hold, or snoozed. */
  aside: number;
  unassigned: number;
  atRisk: number;
  late: number;
  /** Of the late, those set aside. */
  lateAside: number;
  oldest: string | null;
  agent?: Agent;
  /** Of a closed queue: where its work goes. */
  goesTo?: string;
}

const nothing = (name: string | null): Load => ({ name, open: 0, aside: 0, unassigned: 0, atRisk: 0, late: 0, lateAside: 0, oldest: null });

const worstFirst = (a: Load, b: Load) => b.late - a.late || b.atRisk - a.atRisk || b.open - a.open || (a.name === null ? 1 : b.name === null ? -1 : a.name < b.name ? -1 : 1);

export function loadBy(rows: Iterable<Conversation>, of: (c: Conversation) => string | null): Load[] {
  const loads = new Map<string | null, Load>();
  for (const c of rows) {
    if (c.status !== 'open' && c.status !== 'onHold' && c.status !== 'pending' && c.status !== 'snoozed') continue;
    const name = of(c);
    let load = loads.get(name);
    if (!load) loads.set(name, (load = nothing(name)));
    if (c.status === 'open') load.open++;
    else load.aside++;
    if (!c.assignee && c.status === 'open') load.unassigned++;
    if (c.sla?.state === 'warning') load.atRisk++;
    if (c.sla?.state === 'breached') {
      load.late++;
      if (c.status !== 'open') load.lateAside++;
    }
    if (c.waitingSince && (load.oldest === null || c.waitingSince < load.oldest)) load.oldest = c.waitingSince;
  }
  return [...loads.values()].sort(worstFirst);
}

/** With everybody who works, also those who have nothing. */
export function withAgents(loads: readonly Load[], agents: ReadonlyMap<string, Agent>): Load[] {
  const known = new Set(loads.map((l) => l.name));
  return [
    ...loads.map((l) => ({ ...l, ...(l.name !== null && agents.has(l.name) ? { agent: agents.get(l.name)! } : {}) })),
    ...[...agents.values()].filter((a) => !known.has(a.id)).map((agent) => ({ ...nothing(agent.id), agent })),
  ].sort(worstFirst);
}

/** With every routed queue, also those nothing is in: a closed one could not be opened again else. */
export function withQueues(loads: readonly Load[], queues: ReadonlyMap<string, Queue>): Load[] {
  const known = new Set(loads.map((l) => l.name));
  return [...loads, ...[...queues.keys()].filter((id) => !known.has(id)).map(nothing)]
    .map((l) => {
      const to = l.name === null ? undefined : queues.get(l.name)?.drain?.to;
      return to ? { ...l, goesTo: to } : l;
    })
    .sort(worstFirst);
}

const t = text.supervise;
const RowHeight = 28;

/** So many rows are looked through by eye; more have a search. */
const Few = 12;

interface Props {
  title: string;
  column: string;
  loads: readonly Load[];
  none: string;
  chosen: string;
  onChoose: (name: string) => void;
  /** What can be done with one. */
  menu?: ((load: Load) => ReactNode) | undefined;
}

/** Up to ten thousand rows; only those in sight are drawn. */
export function LoadTable({ title, column, loads, none, chosen, onChoose, menu }: Props) {
  const [search, setSearch] = useState('');
  const found = useMemo(() => (search === '' ? loads : loads.filter((l) => `${l.name ?? none} ${l.agent?.name ?? ''}`.toLowerCase().includes(search.toLowerCase()))), [loads, none, search]);
  const people = loads.some((l) => l.agent);
  const most = Math.max(1, ...loads.slice(0, 50).map((l) => l.open));
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: found.length, getScrollElement: () => scroll.current, estimateSize: () => RowHeight, overscan: 8 });
  const items = virtual.getVirtualItems();
  const gap = (height: number) => height > 0 && <tr aria-hidden="true"><td colSpan={5 + (people ? 1 : 0) + (menu ? 1 : 0)} style={{ height, padding: 0 }} /></tr>;
  return (
    <>
      <div className="card-head">
        <h2>{title}{loads.length > Few && <span className="number">{loads.length.toLocaleString()}</span>}</h2>
        {loads.length > Few && <TextInput size="xs" aria-label={t.find(title)} placeholder={t.find(title)} value={search} onChange={(e) => setSearch(e.currentTarget.value)} />}
      </div>
      {people && <p className="card-hint">{stands(loads)}</p>}
      <div className="load-scroll" ref={scroll} tabIndex={0} role="region" aria-label={column}>
        <table className="load" data-people={people || undefined} aria-rowcount={found.length + 1}>
          <thead>
            <tr>
              <th scope="col">{column}</th>
              {people && <th scope="col">{t.presence}</th>}
              <th scope="col" className="num" title={t.openHint}>{t.open}</th><th scope="col" className="num">{t.atRisk}</th><th scope="col" className="num">{t.late}</th><th scope="col" className="num">{t.longest}</th>{menu && <th scope="col" className="menu"><span className="unseen">{text.act.more}</span></th>}
            </tr>
          </thead>
          <tbody>
            {gap(items[0]?.start ?? 0)}
            {items.map((item) => {
              const l = found[item.index]!;
              const name = l.name ?? Filters.nobody;
              return (
                <tr key={name} data-chosen={chosen === name || undefined} aria-rowindex={item.index + 2}>
                  <th scope="row"><button type="button" aria-pressed={chosen === name} title={l.agent?.name ?? undefined} onClick={() => onChoose(name)}>{l.name ?? none}</button>{l.goesTo && <span className="goes-to" title={t.queueDrain.goesTo(l.goesTo)}>{t.queueDrain.goesTo(l.goesTo)}</span>}</th>
                  {people && <td>{l.agent ? <AgentState agent={l.agent} /> : l.name !== null && <span className="dim">{t.servesNone}</span>}</td>}
                  <td className="num"><span className="bar" aria-hidden="true"><span style={{ width: `${(100 * Math.min(l.open, most)) / most}%` }} /></span>{l.open.toLocaleString()}{l.aside > 0 && <span className="dim" title={t.aside(l.aside)}> +{l.aside.toLocaleString()}<span className="unseen"> {t.aside(l.aside)}</span></span>}</td>
                  <td className="num" data-tone={l.atRisk ? 'amber' : undefined}>{l.atRisk || '–'}</td>
                  <td className="num" data-tone={l.late ? 'red' : undefined}>{l.late || '–'}</td>
                  <td className="num">{l.oldest ? <Since at={l.oldest} /> : '–'}</td>
                  {menu && <td className="menu">{menu(l)}</td>}
                </tr>
              );
            })}
            {gap(items.length > 0 ? virtual.getTotalSize() - items.at(-1)!.end : 0)}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** How many agents stand how, for example: 3 Available · 1 Busy · 20 Offline. */
function stands(loads: readonly Load[]): string {
  const counts = new Map<string, number>();
  for (const { agent } of loads) if (agent) counts.set(statusOf(agent), (counts.get(statusOf(agent)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([status, n]) => `${n.toLocaleString()} ${status}`).join(' · ');
}
