import type { Conversation } from '../api/types';
import { Since } from '../parts/marks';
import { text } from '../text';
import { Filters } from './filter';

/** What one queue or agent has on its hands. */
export interface Load {
  /** Null: what has none. */
  name: string | null;
  open: number;
  unassigned: number;
  atRisk: number;
  late: number;
  oldest: string | null;
}

export function loadBy(rows: Iterable<Conversation>, of: (c: Conversation) => string | null): Load[] {
  const loads = new Map<string | null, Load>();
  for (const c of rows) {
    if (c.status !== 'open' && c.status !== 'onHold' && c.status !== 'pending' && c.status !== 'snoozed') continue;
    const name = of(c);
    let load = loads.get(name);
    if (!load) loads.set(name, (load = { name, open: 0, unassigned: 0, atRisk: 0, late: 0, oldest: null }));
    load.open++;
    if (!c.assignee && c.status === 'open') load.unassigned++;
    if (c.sla?.state === 'warning') load.atRisk++;
    if (c.sla?.state === 'breached') load.late++;
    if (c.waitingSince && (load.oldest === null || c.waitingSince < load.oldest)) load.oldest = c.waitingSince;
  }
  return [...loads.values()].sort((a, b) => b.late - a.late || b.atRisk - a.atRisk || b.open - a.open || (a.name ?? '~').localeCompare(b.name ?? '~'));
}

const t = text.supervise;

export function LoadTable({ column, loads, none, chosen, onChoose }: { column: string; loads: readonly Load[]; none: string; chosen: string; onChoose: (name: string) => void }) {
  const most = Math.max(1, ...loads.map((l) => l.open));
  return (
    <div className="load-scroll" tabIndex={0} role="region" aria-label={column}>
      <table className="load">
        <thead>
          <tr><th scope="col">{column}</th><th scope="col" className="num">{t.open}</th><th scope="col" className="num">{t.atRisk}</th><th scope="col" className="num">{t.late}</th><th scope="col" className="num">{t.longest}</th></tr>
        </thead>
        <tbody>
          {loads.map((l) => {
            const name = l.name ?? Filters.nobody;
            return (
              <tr key={name} data-chosen={chosen === name || undefined}>
                <th scope="row"><button type="button" aria-pressed={chosen === name} onClick={() => onChoose(name)}>{l.name ?? none}</button></th>
                <td className="num"><span className="bar" aria-hidden="true"><span style={{ width: `${(100 * l.open) / most}%` }} /></span>{l.open.toLocaleString()}</td>
                <td className="num" data-tone={l.atRisk ? 'amber' : undefined}>{l.atRisk || '–'}</td>
                <td className="num" data-tone={l.late ? 'red' : undefined}>{l.late || '–'}</td>
                <td className="num">{l.oldest ? <Since at={l.oldest} /> : '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
