import { useQuery } from '@tanstack/react-query';
import { useNow } from '../live/clock';
import type { NodeList } from '../api/types';
import { span } from '../parts/format';
import { Mark, Since } from '../parts/marks';
import { useSession } from '../shell/session';
import { text } from '../text';

const t = text.operate;
const LookEvery = 5_000;

/** More than this late is worth a look: the store commits in milliseconds. */
const Late = 1;

type Vital = NodeList['nodes'][number]['commit'];

const seconds = (s: number) => (s < 1 ? t.milliseconds(Math.max(1, Math.round(s * 1000))) : span(s * 1000));
const spread = (v: Vital) => (v.count === 0 || v.p50 === null || v.p99 === null ? '–' : `${seconds(v.p50)} · ${seconds(v.p99)}`);
const lag = (v: Vital) => <span data-tone={v.p99 !== null && v.p99 > Late ? 'red' : undefined}>{spread(v)}</span>;
const rate = (n: number) => n.toLocaleString(undefined, { maximumFractionDigits: 1 });

/** Every process and every partition, how fast and how late they are. */
export function Nodes() {
  const { api } = useSession();
  useNow();
  const list = useQuery({ queryKey: ['nodes'], queryFn: ({ signal }) => api.get<NodeList>('/v1/nodes', signal), refetchInterval: LookEvery });
  if (list.isPending) return <p className="empty">{text.loading}</p>;
  if (list.isError) return <p className="empty">{t.failedList}</p>;
  const { nodes, partitions, engine, at } = list.data;
  const behind = (due: string | null) => (due === null ? 0 : Date.parse(at) - Date.parse(due));
  return (
    <>
      <p className="card-hint">{engine}. {t.vitalsHint}</p>
      <div className="load-scroll" tabIndex={0} role="region" aria-label={t.nodes}>
        <table className="load nodes">
          <thead>
            <tr>
              <th scope="col">{t.node}</th><th scope="col">{t.role}</th><th scope="col">{t.version}</th><th scope="col">{t.upFor}</th><th scope="col" className="num">{t.memory}</th>
              <th scope="col" className="num">{t.commands}</th><th scope="col" className="num">{t.refusals}</th><th scope="col">{t.commit}</th><th scope="col">{t.lateness}</th><th scope="col">{t.feedLag}</th><th scope="col">{t.outboxAge}</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((n) => (
              <tr key={n.name}>
                <th scope="row">{n.name}</th>
                <td>{n.role}</td>
                <td title={n.runtime}>{n.version.replace(/\+(.{8}).*/, '+$1')}</td>
                <td><Since at={n.startedAt} /></td>
                <td className="num">{t.megabytes(Math.round(n.memoryBytes / 1_048_576))}</td>
                <td className="num">{rate(n.commandsPerSecond)}</td>
                <td className="num" data-tone={n.overloadedPerSecond > 0 ? 'red' : undefined}>{rate(n.refusedPerSecond)} · {rate(n.overloadedPerSecond)}</td>
                <td>{spread(n.commit)}</td>
                <td>{lag(n.deadlineLateness)}</td>
                <td>{lag(n.feedLag)}</td>
                <td>{spread(n.outboxAge)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="load-scroll" tabIndex={0} role="region" aria-label={t.partitions}>
        <table className="load nodes">
          <thead><tr><th scope="col">{t.partition}</th><th scope="col">{t.node}</th><th scope="col">{t.nextDeadline}</th><th scope="col">{t.outbox}</th></tr></thead>
          <tbody>
            {partitions.map((p) => (
              <tr key={p.id}>
                <th scope="row">{p.id}</th>
                <td>{p.node ?? <Mark tone="red">{t.unattended}</Mark>}</td>
                <td>{p.nextDeadline === null ? '–' : behind(p.nextDeadline) > Late * 1000 ? <Mark tone="red">{t.overdue(span(behind(p.nextDeadline)))}</Mark> : t.dueIn(span(Math.max(0, -behind(p.nextDeadline))))}</td>
                <td>{p.outboxDue === 0 ? t.outboxEmpty : t.outboxDue(p.outboxDue, p.outboxOldest ? span(behind(p.outboxOldest)) : '')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
