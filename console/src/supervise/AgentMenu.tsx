import { ActionIcon, Menu } from '@mantine/core';
import { serverNow } from '../api/client';
import type { Agent } from '../api/types';
import { reason } from '../parts/format';
import { IconDots } from '../parts/icons';
import { useSession } from '../shell/session';
import { say } from '../shell/toasts';
import { text } from '../text';

const t = text.supervise.drain;
const HandoverWithin = 15;

/** Has an agent leave (routing.md 9): at the end of what they have, by a time, or now. */
export function AgentMenu({ agent }: { agent: Agent }) {
  const { api } = useSession();
  const drain = async (mode: Agent['drain'], deadline?: string) => {
    try {
      await api.write(`/v1/agents/${encodeURIComponent(agent.id)}/drain`, { body: { mode, ...(deadline ? { deadline } : {}) } });
      say(mode === 'none' ? t.stays(agent.id) : t.leaves(agent.id), mode === 'none' ? {} : { undo: () => void drain('none') });
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
  };
  return (
    <Menu withInitialFocusPlaceholder={false} position="bottom-end" withinPortal>
      <Menu.Target><ActionIcon variant="subtle" color="gray" size={24} aria-label={t.menu(agent.id)}><IconDots size={16} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.title}</Menu.Label>
        {agent.drain === 'none' ? (
          <>
            <Menu.Item onClick={() => void drain('graceful')}>{t.graceful}</Menu.Item>
            <Menu.Item onClick={() => void drain('handover', new Date(serverNow() + HandoverWithin * 60_000).toISOString())}>{t.handover(HandoverWithin)}</Menu.Item>
            <Menu.Item onClick={() => void drain('immediate')}>{t.immediate}</Menu.Item>
          </>
        ) : <Menu.Item onClick={() => void drain('none')}>{t.none}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
