import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { serverNow } from '../api/client';
import type { BulkJob } from '../api/types';
import { useNow } from '../live/clock';
import { reason, span } from '../parts/format';
import { Notice } from '../parts/Notice';
import { useSession } from '../shell/session';
import { say } from '../shell/toasts';
import { text } from '../text';
import { cameOf, colourOf, hasGoneOn, isBusy, moveAnyway, remember, useAskJob } from './jobs';
import { NotMoved } from './NotMoved';

const t = text.move;

interface Props {
  job: BulkJob;
  /** Told the job that moves those left behind. */
  onAgain?: (id: string) => void;
  end?: ReactNode;
}

/** How far a move is, what came of it, the way back, and the way on for what did not fit. */
export function JobProgress({ job, onAgain, end }: Props) {
  const { api } = useSession();
  const askJob = useAskJob(job.id);
  const [asking, setAsking] = useState(false);
  useNow(); // the way back closes by the clock
  const ask = async (what: 'cancel' | 'undo') => {
    setAsking(true);
    await askJob(what);
    setAsking(false);
  };
  const goOn = async () => {
    setAsking(true);
    try {
      const id = remember(await moveAnyway(api, job));
      onAgain?.(id);
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
    setAsking(false);
  };
  const back = job.undo !== null;
  const counts = back ? job.undo!.counts : job.counts;
  const of = back ? job.counts.done : (job.total ?? 0);
  const done = Math.min(of, counts.done + counts.skippedChanged + counts.noCapacity + counts.failed);
  if (isBusy(job)) {
    return (
      <Stack gap="sm">
        <Progress value={(100 * done) / Math.max(1, of)} aria-label={t.progress(done, of)} />
        <Group justify="space-between">
          <Text size="sm" role="status">{job.status === 'listing' ? t.listing : job.status === 'cancelling' ? t.stopping : t.progress(done, of)}</Text>
          <Group gap="xs">
            {!back && <Button variant="default" disabled={asking || job.status === 'cancelling'} onClick={() => void ask('cancel')}>{t.stop}</Button>}
            {end}
          </Group>
        </Group>
      </Stack>
    );
  }
  const canGoOn = !back && counts.noCapacity > 0 && job.respectCapacity && !hasGoneOn(job.id);
  const [how, ...notDone] = cameOf(job);
  const left = job.undoUntil ? Date.parse(job.undoUntil) - serverNow() : 0;
  return (
    <Stack gap="sm">
      <Notice tone={colourOf(job)}>
        <Text size="sm">{how}</Text>
        {notDone.map((sentence) => <Text key={sentence} size="sm">{sentence}</Text>)}
        <NotMoved job={job} />
      </Notice>
      <Group justify="flex-end">
        {left > 0 && <><Text size="xs" c="dimmed">{t.undoLeft(span(left))}</Text><Button variant="default" loading={asking} onClick={() => void ask('undo')}>{t.undo}</Button></>}
        {canGoOn && <Button variant="default" loading={asking} onClick={() => void goOn()}>{t.anyway(counts.noCapacity, counts.done > 0)}</Button>}
        {end}
      </Group>
    </Stack>
  );
}
