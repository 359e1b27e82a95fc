import { useQuery } from '@tanstack/react-query';
import type { Channel } from '../api/types';
import { channelName } from '../parts/format';
import { Mark } from '../parts/marks';
import { useSession } from '../shell/session';
import { text } from '../text';

const t = text.operate;

export function Channels() {
  const { api } = useSession();
  const channels = useQuery({ queryKey: ['channels'], queryFn: ({ signal }) => api.get<{ items: Channel[] }>('/v1/channels', signal), refetchInterval: 15_000 });
  if (channels.isPending) return <p className="empty">{text.loading}</p>;
  if (channels.isError) return <p className="empty">{t.failedList}</p>;
  if (channels.data.items.length === 0) return <p className="empty">{t.noChannels}</p>;
  return (
    <div className="load-scroll" tabIndex={0} role="region" aria-label={t.channels}>
      <table className="load">
        <thead><tr><th scope="col">{t.channel}</th><th scope="col">{t.account}</th><th scope="col">{t.queue}</th><th scope="col">{t.sends}</th></tr></thead>
        <tbody>
          {channels.data.items.map((c) => (
            <tr key={`${c.channel}/${c.channelAccount}`}>
              <th scope="row">{channelName(c.channel)}</th>
              <td>{c.channelAccount}</td>
              <td>{c.queue ?? '–'}</td>
              <td>{c.suspended ? <Mark tone="red">{t.suspended(c.suspended)}</Mark> : c.sends ? <Mark tone="green">{t.byUs}</Mark> : t.byIntegrator}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
