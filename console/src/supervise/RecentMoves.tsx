import { CloseButton } from '@mantine/core';
import { clockTime } from '../parts/format';
import { text } from '../text';
import { JobProgress } from './JobProgress';
import { forget, isBusy, useJob, useRemembered } from './jobs';

const t = text.move;

/** What was moved from this tab: still going on, or still to be taken back. */
export function RecentMoves() {
  const ids = useRemembered();
  if (ids.length === 0) return null;
  return (
    <section className="card recent" aria-label={t.recent}>
      <h2 className="unseen">{t.recent}</h2>
      <ul>{ids.map((id) => <Recent key={id} id={id} />)}</ul>
    </section>
  );
}

function Recent({ id }: { id: string }) {
  const job = useJob(id).data;
  if (!job) return null;
  return (
    <li>
      <span>{t.to([job.target.agent ?? (job.target.queue ? undefined : text.unassigned), job.target.queue].filter(Boolean).join(' · '))} <time className="dim" dateTime={job.createdAt}>{clockTime(job.createdAt)}</time></span>
      <JobProgress job={job} />
      {!isBusy(job) && <CloseButton aria-label={text.dismiss} onClick={() => forget(id)} />}
    </li>
  );
}
