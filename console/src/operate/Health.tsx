import { useQuery } from '@tanstack/react-query';
import { text } from '../text';
import { Mark } from '../parts/marks';

const t = text.operate;
const LookEvery = 5_000;

async function look(path: string): Promise<{ isUp: boolean; took: number }> {
  const began = performance.now();
  const response = await fetch(path, { cache: 'no-store' });
  await response.text();
  return { isUp: response.ok, took: Math.round(performance.now() - began) };
}

export function Health() {
  const process = useQuery({ queryKey: ['health'], queryFn: () => look('/healthz'), refetchInterval: LookEvery, retry: false });
  const traffic = useQuery({ queryKey: ['ready'], queryFn: () => look('/readyz'), refetchInterval: LookEvery, retry: false });
  const line = (name: string, q: typeof process, up: string, down: string) => (
    <><dt>{name}</dt><dd>{q.isPending ? text.loading : q.isError ? <Mark tone="red">{t.noAnswer}</Mark> : <><Mark tone={q.data.isUp ? 'green' : 'red'}>{q.data.isUp ? up : down}</Mark> <span className="dim">{t.answeredIn(q.data.took)}</span></>}</dd></>
  );
  return <dl className="facts">{line(t.process, process, t.alive, t.notReady)}{line(t.traffic, traffic, t.ready, t.notReady)}</dl>;
}
