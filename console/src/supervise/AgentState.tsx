import { type AutocompleteProps, Group } from '@mantine/core';
import type { Agent } from '../api/types';
import { text } from '../text';

export const statusOf = ({ presence, drain }: Agent) => (drain === 'none' ? (text.presence.status[presence.status] ?? presence.status) : text.supervise.drains);

/** Status, and how full the hands are. */
export function AgentState({ agent }: { agent: Agent }) {
  const { presence, capacity } = agent;
  const percent = (100 * capacity.used) / Math.max(1, capacity.units);
  const tone = presence.routable ? 'good' : presence.status === 'offline' ? 'off' : 'busy';
  return (
    <span className="presence" data-tone={tone} title={text.presence.capacity(capacity.used, capacity.units)}>
      <span className="dot" aria-hidden="true" />{statusOf(agent)}
      <span className="fill" data-over={capacity.over || undefined} aria-hidden="true"><span style={{ width: `${Math.min(100, percent)}%` }} /></span>
      <span className="dim num" data-over={capacity.over || undefined}>{text.presence.full(percent)}</span>
    </span>
  );
}

/** A name to choose, with how its agent stands where that is known. */
export const agentOption = (agents: ReadonlyMap<string, Agent>): NonNullable<AutocompleteProps['renderOption']> => ({ option }) => {
  const agent = agents.get(option.value);
  return <Group justify="space-between" gap="sm" wrap="nowrap" flex={1}><span>{option.value}</span>{agent && <AgentState agent={agent} />}</Group>;
};
