import { ActionIcon, Menu } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useApiHas } from '../api/optional';
import { reason } from '../parts/format';
import { IconDots } from '../parts/icons';
import { useSession } from '../shell/session';
import { say } from '../shell/toasts';
import { text } from '../text';

const t = text.supervise.queueDrain;
const LookEvery = 10_000;

export interface Queue {
  id: string;
  drain: { to: string; left: number } | null;
}

/** Queues whose work is routed, as far as the gateway lets them be closed. */
export function useQueues(): ReadonlyMap<string, Queue> | undefined {
  const { api } = useSession();
  const has = useApiHas('/v1/queues/{id}/drain');
  const list = useQuery({
    queryKey: ['queues'], enabled: has, refetchInterval: LookEvery,
    queryFn: async ({ signal }) => new Map((await api.get<{ items: Queue[] }>('/v1/queues', signal)).items.map((q) => [q.id, q])),
  });
  return has ? list.data : undefined;
}

/** Closes a queue: newcomers and what waits go to another one (routing.md 9). */
export function QueueMenu({ id, queues }: { id: string; queues: ReadonlyMap<string, Queue> }) {
  const { api } = useSession();
  const known = useQueryClient();
  const drain = queues.get(id)?.drain;
  const others = [...queues.keys()].filter((q) => q !== id && !queues.get(q)!.drain);
  const change = async (to: string | undefined) => {
    try {
      await api.write(`/v1/queues/${encodeURIComponent(id)}/drain`, to ? { body: { to } } : { method: 'DELETE' });
      say(to ? t.closed(id, to) : t.opened(id), to ? { undo: () => void change(undefined) } : {});
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
    await known.invalidateQueries({ queryKey: ['queues'] });
  };
  if (!queues.has(id) || (!drain && others.length === 0)) return null;
  return (
    <Menu withInitialFocusPlaceholder={false} position="bottom-end" withinPortal>
      <Menu.Target><ActionIcon variant="subtle" color="gray" size={24} aria-label={t.menu(id)}><IconDots size={16} /></ActionIcon></Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        {drain ? (
          <>
            <Menu.Label>{t.closes(drain.to, drain.left)}</Menu.Label>
            <Menu.Item onClick={() => void change(undefined)}>{t.open}</Menu.Item>
          </>
        ) : (
          <>
            <Menu.Label>{t.title}</Menu.Label>
            {others.map((q) => <Menu.Item key={q} onClick={() => void change(q)}>{q}</Menu.Item>)}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
