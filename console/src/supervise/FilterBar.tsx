import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import type { Conversation } from '../api/types';
import { known } from '../desk/views';
import { channelName } from '../parts/format';
import { IconSearch } from '../parts/icons';
import { text } from '../text';
import { type Filter, Filters, noFilter } from './filter';

const t = text.supervise;

export function FilterBar({ filter, onChange, open, count }: { filter: Filter; onChange: (filter: Filter) => void; open: readonly Conversation[]; count: number }) {
  const { queues, agents, channels } = useMemo(() => ({ ...known(open), channels: [...new Set(open.map((c) => c.channel))].sort() }), [open]);
  const select = (field: keyof Filter, label: string, values: readonly (readonly [string, string])[]) => (
    <NativeSelect
      size="xs" aria-label={label} data-on={filter[field] !== '' || undefined} value={filter[field]} onChange={(e) => onChange({ ...filter, [field]: e.currentTarget.value })}
      data={[{ value: '', label }, ...values.map(([value, name]) => ({ value, label: name })), ...(filter[field] && !values.some(([v]) => v === filter[field]) ? [{ value: filter[field], label: filter[field] }] : [])]}
    />
  );
  const names = (all: readonly string[]) => all.map((v) => [v, v] as const);
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(noFilter);
  return (
    <div className="filters" role="search" aria-label={t.filters}>
      <h2>{t.shown(count)}</h2>
      <TextInput size="xs" aria-label={text.list.search} placeholder={text.list.search} leftSection={<IconSearch size={14} aria-hidden />} value={filter.search} onChange={(e) => onChange({ ...filter, search: e.currentTarget.value })} />
      {select('queue', t.anyQueue, [...names(queues), [Filters.nobody, text.noQueue]])}
      {select('assignee', t.anyAgent, [...names(agents), [Filters.nobody, text.unassigned]])}
      {select('sla', t.anySla, Object.entries(t.slaStates))}
      {select('status', t.anyStatus, ['open', 'pending', 'onHold', 'snoozed'].map((s) => [s, text.status[s] ?? s]))}
      {select('channel', t.anyChannel, channels.map((c) => [c, channelName(c)]))}
      {select('priority', t.anyPriority, Object.entries(text.priority))}
      {isFiltered && <Button variant="subtle" onClick={() => onChange(noFilter)}>{t.clear}</Button>}
    </div>
  );
}
