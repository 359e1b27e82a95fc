import { useQuery } from '@tanstack/react-query';
import type { BulkJob, Conversation } from '../api/types';
import { customerName } from '../parts/format';
import { addressOf, onLink } from '../shell/router';
import { useSession } from '../shell/session';
import { text } from '../text';
import { itemsOf } from './jobs';

const t = text.move;
const Shown = 5;

/** Which conversations could not be moved, and why the gateway refused each. */
export function NotMoved({ job }: { job: BulkJob }) {
  const { api } = useSession();
  const { failed } = job.counts;
  const items = useQuery({
    queryKey: ['job', job.id, 'failed', failed],
    queryFn: async ({ signal }) => {
      const list = await itemsOf(api, job.id, { result: 'failed', limit: Shown }, signal);
      const ids = list.items.map((i) => ['id', i.conversation]);
      const { items: conversations } = await api.get<{ items: Conversation[] }>(`/v1/conversations:batchGet?${new URLSearchParams(ids)}`, signal); // closed ones are on no list here
      return list.items.map((i) => ({ ...i, of: conversations.find((c) => c.id === i.conversation) }));
    },
    enabled: failed > 0 && job.undo === null,
  }).data;
  if (!items || items.length === 0) return null;
  return (
    <ul className="not-moved">
      {items.map(({ conversation, of, detail, code }) => (
        <li key={conversation}><a href={addressOf('desk', 'open', conversation)} onClick={onLink}>{of ? customerName(of) : text.supervise.alarmOf}</a>: {detail ?? code}</li>
      ))}
      {failed > items.length && <li>{t.andMore(failed - items.length)}</li>}
    </ul>
  );
}
