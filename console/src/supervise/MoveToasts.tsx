import { useEffect } from 'react';
import { say } from '../shell/toasts';
import { cameOf, isBusy, mayBeUndone, toneOf, unfollow, useAskJob, useFollowed, useJob } from './jobs';

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
      say(cameOf(job).join(' '), { tone: toneOf(job) });
      unfollow(id);
      return;
    }
    // Taken back somewhere else, it is not offered here any more.
    return say(cameOf(job).join(' '), mayBeUndone(job) ? { tone: toneOf(job), undo: () => void ask('undo'), until: Date.parse(job.undoUntil!) } : { tone: toneOf(job) });
  }, [stands]);
  return null;
}
