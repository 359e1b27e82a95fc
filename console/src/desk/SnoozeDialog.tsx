import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Conversation } from '../api/types';
import { when } from '../parts/format';
import { useLive } from '../shell/live';
import { text } from '../text';

const hours = (n: number) => new Date(Date.now() + n * 3_600_000);

function nineOClock(daysAhead: (weekday: number) => number): Date {
  const date = new Date();
  date.setDate(date.getDate() + daysAhead(date.getDay()));
  date.setHours(9, 0, 0, 0);
  return date;
}

/** In the form the browser's own field for local times takes. */
const local = (date: Date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

export function SnoozeDialog({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const { actions } = useLive();
  const [at, setAt] = useState(local(hours(2)));
  const until = (date: Date) => {
    onClose();
    void actions.snooze(c, date);
  };
  const isPast = !(new Date(at).getTime() > Date.now());
  const usual: readonly (readonly [string, Date])[] = [
    [text.snooze.hours(1), hours(1)], [text.snooze.hours(4), hours(4)],
    [text.snooze.tomorrow, nineOClock(() => 1)], [text.snooze.monday, nineOClock((d) => ((8 - d) % 7) || 7)],
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isPast) until(new Date(at));
  };
  return (
    <Modal opened onClose={onClose} title={text.snooze.title} closeButtonProps={{ 'aria-label': text.close }}>
      <Stack gap="xs">
        {usual.map(([name, date], i) => (
          <Button key={name} variant="default" justify="space-between" size="sm" rightSection={<span className="dim">{when(date.getTime())}</span>} onClick={() => until(date)} data-autofocus={i === 0 || undefined}>{name}</Button>
        ))}
        <form onSubmit={submit}>
          <Group align="flex-end" wrap="nowrap" mt="xs">
            <TextInput type="datetime-local" label={text.snooze.at} value={at} onChange={(e) => setAt(e.currentTarget.value)} error={isPast ? text.snooze.past : undefined} flex={1} />
            <Button type="submit" size="sm" disabled={isPast}>{text.snooze.submit}</Button>
          </Group>
        </form>
      </Stack>
    </Modal>
  );
}
