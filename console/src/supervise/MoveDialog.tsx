import { Autocomplete, Button, Checkbox, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { useMemo, useRef, useState } from 'react';
import type { Conversation } from '../api/types';
import { Notice } from '../parts/Notice';
import { isAtRisk, known } from '../desk/views';
import { isOver } from '../live/store';
import { useLive } from '../shell/live';
import { useSession } from '../shell/session';
import { text } from '../text';
import { isThere, move, moveBack, type Outcome, type Target } from './mover';

const t = text.move;

type Step = { is: 'choosing' } | { is: 'moving'; of: number } | { is: 'done'; outcome: Outcome; stopped: boolean; back: boolean };

/** Moves many: first what it would change, then progress, then a way back. */
export default function MoveDialog({ rows, onClose }: { rows: readonly Conversation[]; onClose: (isDone: boolean) => void }) {
  const { api } = useSession();
  const { store } = useLive();
  const { queues, agents } = useMemo(() => known(store.rows.values()), [store]);
  const [agent, setAgent] = useState('');
  const [queue, setQueue] = useState('');
  const [nobody, setNobody] = useState(false);
  const [step, setStep] = useState<Step>({ is: 'choosing' });
  const [done, setDone] = useState(0);
  const stop = useRef(new AbortController());

  const to: Target = { agent: nobody ? null : agent.trim() || undefined, queue: queue.trim() || undefined };
  const hasTarget = to.agent !== undefined || to.queue !== undefined;
  const effect = useMemo(() => effectOf(rows, to, store.rows.values()), [rows, to.agent, to.queue, store]);

  const run = async (of: number, work: (signal: AbortSignal) => Promise<Outcome>, back: boolean) => {
    stop.current = new AbortController();
    setDone(0);
    setStep({ is: 'moving', of });
    const outcome = await work(stop.current.signal);
    setStep({ is: 'done', outcome, stopped: stop.current.signal.aborted, back });
  };
  return (
    <Modal opened onClose={() => step.is !== 'moving' && onClose(step.is === 'done')} title={t.title(rows.length)} size="lg" closeOnClickOutside={step.is === 'choosing'} withCloseButton={step.is !== 'moving'} closeButtonProps={{ 'aria-label': text.close }}>
      {step.is === 'choosing' && (
        <form onSubmit={(e) => (e.preventDefault(), hasTarget && effect.changing.length > 0 && void run(effect.changing.length, (signal) => move(api, store, effect.changing, to, setDone, signal), false))}>
          <Stack gap="sm">
            <Group grow align="flex-start">
              <Autocomplete label={t.toAgent} value={agent} onChange={setAgent} data={agents} disabled={nobody} data-autofocus openOnFocus={false} />
              <Autocomplete label={t.toQueue} placeholder={t.keepQueue} value={queue} onChange={setQueue} data={queues} openOnFocus={false} />
            </Group>
            <Checkbox label={t.nobody} checked={nobody} onChange={(e) => setNobody(e.currentTarget.checked)} />
            <section className="effect" aria-live="polite" aria-label={t.effect}>
              {!hasTarget ? <Text size="sm" c="dimmed">{t.noTarget}</Text> : (
                <>
                  <Text size="sm" fw={600}>{t.will(effect.changing.length)}{effect.already > 0 ? `, ${t.already(effect.already)}` : ''}{effect.late > 0 ? `; ${t.late(effect.late)}` : ''}.</Text>
                  <ul>
                    {effect.from.map(([from, n]) => <li key={from}>{t.fromTo(from, effect.toName)}: <b>{n.toLocaleString()}</b></li>)}
                    {effect.load && <li>{t.loadAfter(effect.load.who, effect.load.before, effect.load.after)}</li>}
                  </ul>
                </>
              )}
              <Text size="xs" c="dimmed">{t.note}</Text>
            </section>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => onClose(false)}>{text.cancel}</Button>
              <Button type="submit" disabled={!hasTarget || effect.changing.length === 0}>{t.start(effect.changing.length)}</Button>
            </Group>
          </Stack>
        </form>
      )}
      {step.is === 'moving' && (
        <Stack gap="sm">
          <Progress value={(100 * done) / Math.max(1, step.of)} aria-label={t.progress(done, step.of)} />
          <Group justify="space-between"><Text size="sm" role="status">{t.progress(done, step.of)}</Text><Button variant="default" onClick={() => stop.current.abort()}>{t.stop}</Button></Group>
        </Stack>
      )}
      {step.is === 'done' && (
        <Stack gap="sm">
          <Notice tone={step.outcome.failed.length > 0 ? 'red' : step.outcome.changed.length > 0 || step.stopped ? 'amber' : 'green'}>
            <Text size="sm">{(step.back ? t.undone : t.moved)(step.outcome.moved.length)}</Text>
            {step.stopped && <Text size="sm">{t.stopped}</Text>}
            {step.outcome.changed.length > 0 && <Text size="sm">{t.changed(step.outcome.changed.length)}</Text>}
            {step.outcome.failed.length > 0 && <Text size="sm">{t.failed(step.outcome.failed.length)}</Text>}
          </Notice>
          <Group justify="flex-end">
            {!step.back && step.outcome.moved.length > 0 && <Button variant="default" onClick={() => void run(step.outcome.moved.length, (signal) => moveBack(api, store, step.outcome.moved, setDone, signal), true)}>{t.undo}</Button>}
            <Button onClick={() => onClose(true)} data-autofocus>{t.finish}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function effectOf(rows: readonly Conversation[], to: Target, all: Iterable<Conversation>) {
  const changing = rows.filter((c) => !isThere(c, to));
  const name = (agent: string | null | undefined, queue: string | null | undefined) => [...(to.agent !== undefined ? [agent ?? text.nobody] : []), ...(to.queue !== undefined ? [queue ?? text.noQueue] : [])].join(' · ');
  const from = new Map<string, number>();
  for (const c of changing) from.set(name(c.assignee, c.queue), (from.get(name(c.assignee, c.queue)) ?? 0) + 1);
  let load: { who: string; before: number; after: number } | undefined;
  if (to.agent) {
    let before = 0;
    for (const c of all) if (!isOver(c) && c.assignee === to.agent) before++;
    load = { who: to.agent, before, after: before + changing.filter((c) => c.assignee !== to.agent).length };
  }
  return { changing, already: rows.length - changing.length, late: changing.filter(isAtRisk).length, from: [...from].sort((a, b) => b[1] - a[1]), toName: name(to.agent, to.queue), load };
}
