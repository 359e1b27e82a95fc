import { useQuery } from '@tanstack/react-query';
import { useApiHas, type Wallboard as Board } from '../api/optional';
import { span } from '../parts/format';
import { useSession } from '../shell/session';
import { text } from '../text';

const t = text.wallboard;
const LookEvery = 5_000;

/** How the last while went, and how old what waits is; from the gateway's own figures, so that every screen shows the same. */
export function Wallboard({ queue }: { queue: string }) {
  const { api } = useSession();
  const has = useApiHas('/v1/wallboard', true);
  const board = useQuery({ queryKey: ['wallboard'], queryFn: ({ signal }) => api.get<Board>('/v1/wallboard', signal), enabled: has, refetchInterval: LookEvery });
  if (!has || board.isError) return null;
  if (!board.data) return <section className="card wallboard" aria-label={t.title} aria-busy="true"><h2>{t.title}</h2></section>; // its place is kept: nothing jumps
  const tile = (queue && board.data.queues.find((q) => q.queue === queue)) || board.data.total;
  const { rolling, unanswered } = tile;
  const seconds = (s: number | null) => (s === null ? '–' : span(s * 1000));
  const bands = [unanswered.under5Minutes, unanswered.under1Hour, unanswered.under4Hours, unanswered.under24Hours, unanswered.older];
  const most = Math.max(1, ...bands);
  return (
    <section className="card wallboard" aria-label={t.title}>
      <h2>{tile.queue ? t.ofQueue(tile.queue) : t.title}</h2>
      <dl className="figures">
        <div><dt>{t.serviceLevel}</dt><dd>{rolling.serviceLevel === null ? '–' : `${rolling.serviceLevel.toLocaleString()} %`}</dd><dd className="caption">{t.serviceLevelOf}</dd></div>
        <div><dt>{t.answered}</dt><dd>{rolling.answered.toLocaleString()}</dd></div>
        <div><dt>{t.abandoned}</dt><dd>{rolling.abandoned.toLocaleString()}</dd></div>
        <div><dt>{t.wait}</dt><dd>{seconds(rolling.wait.p50)} · {seconds(rolling.wait.p90)}</dd></div>
        <div><dt>{t.firstResponse}</dt><dd>{seconds(rolling.firstResponseWall.p50)} · {seconds(rolling.firstResponseWall.p90)}</dd></div>
        <div><dt>{t.ignored}</dt><dd>{tile.ignored.toLocaleString()}</dd></div>
      </dl>
      <p className="ages-title">{t.ages}</p>
      <dl className="ages">
        {bands.map((n, i) => (
          <div key={t.bands[i]}>
            <dt>{t.bands[i]}</dt>
            <dd className="num">{n.toLocaleString()}</dd>
            <dd className="age-track" aria-hidden="true"><span className="age-bar" data-old={i > 2 || undefined} style={{ width: `${(100 * n) / most}%` }} /></dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
