import { Button, Menu } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useApiHas } from '../api/optional';
import type { Agent } from '../api/types';
import { reason } from '../parts/format';
import { IconChevronDown } from '../parts/icons';
import { text } from '../text';
import { useSession } from './session';
import { say } from './toasts';

const t = text.presence;
const LookEvery = 10_000;

/** An agent's own status, where agents are defined: whether new work comes, and how full the hands are. */
export function Presence() {
  const { api, caller } = useSession();
  const queries = useQueryClient();
  const has = useApiHas('/v1/agents/{id}/presence') && caller.role === 'agent';
  const path = `/v1/agents/${encodeURIComponent(caller.agent ?? '')}`;
  const agent = useQuery({ queryKey: ['presence', caller.agent], queryFn: ({ signal }) => api.get<Agent>(path, signal), enabled: has, refetchInterval: LookEvery, retry: false });
  if (!has || !agent.data) return null;
  const { presence, capacity } = agent.data;
  const set = async (status: string) => {
    try {
      await api.write(`${path}/presence`, { body: { status, seen: presence.version } });
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
    await queries.invalidateQueries({ queryKey: ['presence'] });
  };
  const tone = presence.routable ? 'good' : presence.status === 'offline' ? 'off' : 'busy';
  const label = t.status[presence.status] ?? presence.status;
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="subtle" color="gray" rightSection={<IconChevronDown size={14} aria-hidden />} aria-label={t.label(label)}>
          <span className="presence" data-tone={tone}><span className="dot" aria-hidden="true" />{label}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.capacity(capacity.used, capacity.units)}</Menu.Label>
        {presence.notResponding && <Menu.Label>{t.notResponding}</Menu.Label>}
        {Object.entries(t.status).map(([status, name]) => <Menu.Item key={status} disabled={status === presence.status && !presence.notResponding} onClick={() => void set(status)}>{name}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}
