import { Button, Group, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { DueExplanation } from '../api/optional';
import { useApiHas } from '../api/optional';
import { exactly, reason } from '../parts/format';
import { Explanation } from '../parts/Explanation';
import { Notice } from '../parts/Notice';
import { useSession } from '../shell/session';
import { text } from '../text';

const t = text.simulate;

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

type Weekly = Partial<Record<(typeof days)[number], [string, string][]>>;

interface Calendar {
  id: string;
  name: string | null;
  timezone: string;
  weekly: Weekly;
  holidays: string[];
  overrides: Record<string, [string, string][]>;
  breaks: Record<string, [string, string][]>;
}

const Hours = /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const Day = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const hoursOf = (field: string) => field.split(/[\s,]+/).filter(Boolean);
const fieldOf = (hours: readonly (readonly [string, string])[] | undefined) => (hours ?? []).map((h) => h.join('-')).join(', ');
const local = (date: Date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** What would a promise be due? Asks the code the conversations run (sla.md 10); nothing is touched. */
export default function Simulate() {
  const { api } = useSession();
  const hasCalendars = useApiHas('/v1/calendars');
  const calendars = useQuery({ queryKey: ['calendars'], queryFn: ({ signal }) => api.get<{ items: Calendar[] }>('/v1/calendars', signal), enabled: hasCalendars });
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [hours, setHours] = useState<Record<string, string>>(Object.fromEntries(days.map((d) => [d, d === 'sat' || d === 'sun' ? '' : '09:00-17:00'])));
  const [holidays, setHolidays] = useState('');
  const [extra, setExtra] = useState<Pick<Calendar, 'overrides' | 'breaks'>>({ overrides: {}, breaks: {} });
  const [start, setStart] = useState(local(new Date()));
  const [amount, setAmount] = useState(8);
  const [unit, setUnit] = useState('3600');

  const answer = useMutation({
    mutationFn: async () => (await api.ask<{ due: string | null; explanation: DueExplanation | null }>('/v1/sla/preview', {
      method: 'POST',
      body: {
        op: 'add', explain: true, start: new Date(start).toISOString(), seconds: Math.round(amount * Number(unit)),
        calendar: {
          timezone: zone,
          weekly: Object.fromEntries(days.map((d) => [d, hoursOf(hours[d] ?? '').map((h) => h.split('-'))])),
          holidays: hoursOf(holidays), ...extra,
        },
      },
    })).body,
  });
  const wrong = days.filter((d) => !hoursOf(hours[d] ?? '').every((h) => Hours.test(h)));
  const areHolidaysWrong = !hoursOf(holidays).every((d) => Day.test(d));
  const load = (id: string) => {
    const calendar = calendars.data?.items.find((c) => c.id === id);
    if (!calendar) return;
    setZone(calendar.timezone);
    setHours(Object.fromEntries(days.map((d) => [d, fieldOf(calendar.weekly[d])])));
    setHolidays(calendar.holidays.join(', '));
    setExtra({ overrides: calendar.overrides, breaks: calendar.breaks });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong.length === 0 && !areHolidaysWrong) answer.mutate();
    else answer.reset(); // what was answered was about something else
  };
  return (
    <main className="operate">
      <h1 className="unseen">{t.title}</h1>
      <div className="simulate">
        <section className="card" aria-label={t.question}>
          <h2>{t.question}</h2>
          <form onSubmit={submit} className="simulate-form">
            {(calendars.data?.items.length ?? 0) > 0 && (
              <NativeSelect label={t.calendar} defaultValue="" onChange={(e) => load(e.currentTarget.value)} data={[{ value: '', label: t.own }, ...calendars.data!.items.map((c) => ({ value: c.id, label: c.name ?? c.id }))]} />
            )}
            <TextInput label={t.zone} value={zone} onChange={(e) => setZone(e.currentTarget.value)} required withAsterisk={false} />
            <fieldset aria-describedby="hours-form">
              <legend>{t.hours}</legend>
              <p id="hours-form" className="hours-form" data-wrong={wrong.length > 0 || undefined}>{t.hoursForm}</p>
              {days.map((d) => (
                <TextInput key={d} size="xs" label={t.days[d]} value={hours[d] ?? ''} placeholder={t.closed} onChange={(e) => setHours({ ...hours, [d]: e.currentTarget.value })} error={wrong.includes(d)} />
              ))}
            </fieldset>
            <TextInput label={t.holidays} placeholder="2026-12-25, 2026-12-26" value={holidays} onChange={(e) => setHolidays(e.currentTarget.value)} error={areHolidaysWrong && t.holidaysForm} />
            <TextInput type="datetime-local" label={t.start} value={start} onChange={(e) => setStart(e.currentTarget.value)} required withAsterisk={false} />
            <Group align="flex-end" wrap="nowrap" gap="xs">
              <NumberInput label={t.target} value={amount} min={1} max={100_000} onChange={(v) => setAmount(Number(v) || 1)} flex={1} />
              <NativeSelect aria-label={t.unit} value={unit} onChange={(e) => setUnit(e.currentTarget.value)} data={[{ value: '60', label: t.minutes }, { value: '3600', label: t.hoursUnit }]} />
            </Group>
            <Button type="submit" size="sm" loading={answer.isPending}>{t.ask}</Button>
          </form>
        </section>
        <section className="card" aria-label={t.answer} aria-live="polite">
          <h2>{t.answer}</h2>
          <div className="simulate-answer">
            {answer.isError && <Notice tone="red">{reason(answer.error)}</Notice>}
            {!answer.data && !answer.isError && <p className="empty">{t.nothingYet}</p>}
            {answer.data && <p className="simulate-due">{answer.data.due ? t.due(exactly(answer.data.due)) : t.never}</p>}
            {answer.data?.explanation && <Explanation of={answer.data.explanation} />}
          </div>
        </section>
      </div>
    </main>
  );
}
