import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { serverNow } from '../api/client';
import type { BulkJob } from '../api/types';
import { useNow } from '../live/clock';
import { reason, span } from '../parts/format';
import { Notice } from '../parts/Notice';
import { useSession } from '../shell/session';
import { say } from '../shell/toasts';
import { text } from '../text';
import { askJob, isBusy } from './jobs';

const t = text.move;

/** How far a move is, what came of it, and the way back. */
export function JobProgress({ job, end }: { job: BulkJob; end?: ReactNode }) {
  const { api } = useSession();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  useNow(); // the way back closes by the clock
  const ask = async (what: 'cancel' | 'undo') => {
    setAsking(true);
    try {
      queries.setQueryData(['job', job.id], (await askJob(api, job.id, what)).body);
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
    await queries.invalidateQueries({ queryKey: ['job', job.id] });
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
  const left = job.undoUntil ? Date.parse(job.undoUntil) - serverNow() : 0;
  return (
    <Stack gap="sm">
      <Notice tone={counts.failed + counts.noCapacity > 0 ? 'red' : counts.skippedChanged > 0 || job.status === 'cancelled' ? 'amber' : 'green'}>
        <Text size="sm">{(back ? t.undone : t.moved)(counts.done)}</Text>
        {job.status === 'cancelled' && <Text size="sm">{t.stopped}</Text>}
        {counts.skippedChanged > 0 && <Text size="sm">{t.changed(counts.skippedChanged)}</Text>}
        {counts.noCapacity > 0 && <Text size="sm">{t.noCapacity(counts.noCapacity)}</Text>}
        {counts.failed > 0 && <Text size="sm">{t.failed(counts.failed)}</Text>}
      </Notice>
      <Group justify="flex-end">
        {left > 0 && <><Text size="xs" c="dimmed">{t.undoLeft(span(left))}</Text><Button variant="default" loading={asking} onClick={() => void ask('undo')}>{t.undo}</Button></>}
        {end}
      </Group>
    </Stack>
  );
}
