import { useEffect } from 'react';
import { say } from '../shell/toasts';
import { cameOf, isBusy, mayBeUndone, unfollow, useAskJob, useFollowed, useJob } from './jobs';

/** Says what came of moves nobody looks at any more, whichever page one is on, with the way back while there is one. */
export function MoveToasts() {
  return useFollowed().map((id) => <Followed key={id} id={id} />);
}

function Followed({ id }: { id: string }) {
  const job = useJob(id).data;
  const ask = useAskJob(id);
  const stands = !job || isBusy(job) ? undefined : job.undo ? 'undone' : 'moved';
  useEffect(() => {
    if (!job || !stands) return;
    if (stands === 'undone') {
      say(cameOf(job).join(' '));
      unfollow(id);
      return;
    }
    // Taken back somewhere else, it is not offered here any more.
    const [, ...notDone] = cameOf(job);
    const tone = notDone.length === 0 ? 'done' : job.counts.done > 0 ? 'partly' : 'failed';
    return say(cameOf(job).join(' '), mayBeUndone(job) ? { tone, undo: () => void ask('undo'), until: Date.parse(job.undoUntil!) } : { tone });
  }, [stands]);
  return null;
}
