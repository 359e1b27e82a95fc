import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useSession } from '../shell/session';
import { text } from '../text';
import { askJob, cameOf, colourOf, isBusy, startMove, type Target, useJob } from './jobs';
import { NotMoved } from './NotMoved';

const t = text.move;

/** The gateway's own answer to what a move would do: it decides each as if, and changes nothing. */
export function DryRun({ ids, to, beyondCapacity, onTried }: { ids: readonly string[]; to: Target; beyondCapacity: boolean; onTried: (fitting: number) => void }) {
  const { api } = useSession();
  const [id, setId] = useState<string>();
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    let started: string | undefined;
    startMove(api, ids, to, { beyondCapacity, dryRun: true, signal: stop.signal })
      .then((job) => (stop.signal.aborted ? void askJob(api, job, 'cancel').catch(() => undefined) : setId((started = job))))
      .catch(() => !stop.signal.aborted && setHasFailed(true));
    return () => {
      stop.abort();
      if (started) void askJob(api, started, 'cancel').catch(() => undefined); // nobody waits for it any more
    };
  }, []);
  const job = useJob(id).data;
  const fitting = job && !isBusy(job) ? job.counts.done : undefined;
  useEffect(() => {
    if (fitting !== undefined) onTried(fitting);
  }, [fitting]);
  if (hasFailed) return <Text size="sm" c="dimmed">{t.notTried}</Text>;
  if (!job || isBusy(job)) return <Text size="sm" c="dimmed">{t.trying}</Text>;
  return (
    <div className="tried" data-tone={colourOf(job)}>
      <Text size="sm">{cameOf(job).join(' ')}</Text>
      <NotMoved job={job} />
    </div>
  );
}
