import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { BulkJob } from '../api/types';
import { reason } from '../parts/format';
import { useSession } from '../shell/session';
import { say } from '../shell/toasts';
import { text } from '../text';
import { askJob, isBusy, mayBeUndone, unfollow, useFollowed, useJob } from './jobs';

const t = text.move;

/** Says what came of moves nobody looks at any more, whichever page one is on, with the way back while there is one. */
export function MoveToasts() {
  return useFollowed().map((id) => <Followed key={id} id={id} />);
}

function Followed({ id }: { id: string }) {
  const { api } = useSession();
  const queries = useQueryClient();
  const job = useJob(id).data;
  const stands = !job || isBusy(job) ? undefined : job.undo ? 'undone' : 'moved';
  useEffect(() => {
    if (!job || !stands) return;
    if (stands === 'undone') {
      say(cameOf(job));
      unfollow(id);
      return;
    }
    const undo = async () => {
      try {
        queries.setQueryData(['job', id], (await askJob(api, id, 'undo')).body);
      } catch (failure) {
        say(reason(failure), { tone: 'failed' });
      }
      await queries.invalidateQueries({ queryKey: ['job', id] });
    };
    // Taken back somewhere else, it is not offered here any more.
    return say(cameOf(job), mayBeUndone(job) ? { undo: () => void undo(), until: Date.parse(job.undoUntil!) } : { tone: job.counts.done > 0 ? 'done' : 'failed' });
  }, [stands]);
  return null;
}

function cameOf(job: BulkJob): string {
  const { done, skippedChanged, noCapacity, failed } = job.undo?.counts ?? job.counts;
  return [
    (job.undo ? t.undone : t.moved)(done),
    skippedChanged > 0 ? t.changed(skippedChanged) : '', noCapacity > 0 ? t.noCapacity(noCapacity) : '', failed > 0 ? t.failed(failed) : '',
  ].filter(Boolean).join(' ');
}
