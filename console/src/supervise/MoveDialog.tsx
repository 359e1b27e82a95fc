import { Autocomplete, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type KeyboardEvent, useMemo, useState } from 'react';
import type { Conversation } from '../api/types';
import { known } from '../desk/views';
import { reason } from '../parts/format';
import { Notice } from '../parts/Notice';
import { useLive } from '../shell/live';
import { useSession } from '../shell/session';
import { text } from '../text';
import { agentOption } from './AgentState';
import { DryRun } from './DryRun';
import { effectOf } from './effect';
import { JobProgress } from './JobProgress';
import { useAgentNames } from './useAgents';
import { follow, isBusy, mayBeUndone, MostAtOnce, remember, startMove, type Target, useJob } from './jobs';

const t = text.move;

/** After this long without a key the gateway is asked what a move would do. */
const Thinking = 600;

/** Enter takes a suggestion: many are moved by the button only. */
const chooses = (event: KeyboardEvent) => { if (event.key === 'Enter') event.preventDefault(); };

/** Moves many: first what it would change, then progress, then a way back. */
export default function MoveDialog({ rows: all, onClose }: { rows: readonly Conversation[]; onClose: (isDone: boolean) => void }) {
  const { api } = useSession();
  const { store } = useLive();
  const [rows] = useState(() => all.slice(0, MostAtOnce)); // what was chosen when this was opened, whatever comes in meanwhile
  const { queues, agents } = useMemo(() => known(store.rows.values()), [store]);
  const [agent, setAgent] = useState('');
  const [queue, setQueue] = useState('');
  const [nobody, setNobody] = useState(false);
  const [beyondCapacity, setBeyondCapacity] = useState(false);
  const [job, setJob] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const [starting, setStarting] = useState(false);
  const running = useJob(job).data;

  const to = useMemo<Target>(() => ({ agent: nobody ? null : agent.trim() || null, queue: queue.trim() || undefined }), [agent, nobody, queue]);
  const { names, standing, isThere } = useAgentNames(agents, to.agent ?? '');
  const hasTarget = (nobody || to.agent !== null || to.queue !== undefined) && isThere !== false;
  const effect = useMemo(() => effectOf(rows, to, store.rows.values()), [rows, to, store]);
  const [settled] = useDebouncedValue(to, Thinking);
  const changing = useMemo(() => effectOf(rows, settled, []).changing.map((c) => c.id), [rows, settled]);
  const trial = JSON.stringify([to, beyondCapacity]);
  const [tried, setTried] = useState<{ of: string; fitting: number }>();
  const fitting = tried?.of === trial ? tried.fitting : effect.changing.length; // until the gateway has said otherwise
  const fitsAll = fitting >= effect.changing.length;
  const canStart = hasTarget && isThere && fitting > 0;

  const start = async () => {
    setStarting(true);
    setFailure(undefined);
    try {
      setJob(remember(await startMove(api, effect.changing.map((c) => c.id), to, { beyondCapacity, dryRun: false })));
    } catch (refusal) {
      setFailure(reason(refusal));
    }
    setStarting(false);
  };
  const close = () => {
    if (job && (!running || isBusy(running) || mayBeUndone(running))) follow(job);
    onClose(job !== undefined);
  };
  return (
    <Modal opened onClose={close} title={t.title(rows.length)} size="lg" closeOnClickOutside={!job} closeButtonProps={{ 'aria-label': text.close }}>
      {!job ? (
        <form onSubmit={(e) => (e.preventDefault(), canStart && !starting && void start())}>
          <Stack gap="sm">
            {all.length > MostAtOnce && <Notice tone="amber"><Text size="sm">{t.most(MostAtOnce)}</Text></Notice>}
            <Group grow align="flex-start">
              <Autocomplete label={t.toAgent} placeholder={t.chooseAgent} error={isThere === false && t.noAgent(to.agent!)} value={agent} onChange={setAgent} data={names.filter((n) => n !== agent.trim())} limit={50} renderOption={agentOption(standing)} disabled={nobody} data-autofocus openOnFocus={false} onKeyDown={chooses} />
              <Autocomplete label={t.toQueue} placeholder={t.keepQueue} value={queue} onChange={setQueue} data={queues.filter((q) => q !== queue.trim())} openOnFocus={false} onKeyDown={chooses} />
            </Group>
            <Checkbox label={t.nobody} checked={nobody} onChange={(e) => setNobody(e.currentTarget.checked)} />
            {to.agent !== null && isThere !== false && <Checkbox label={t.beyondCapacity} checked={beyondCapacity} onChange={(e) => setBeyondCapacity(e.currentTarget.checked)} />}
            <section className="effect" aria-live="polite" aria-label={t.effect}>
              {!hasTarget ? <Text size="sm" c="dimmed">{t.noTarget}</Text> : (
                <>
                  {!fitsAll && effect.already > 0 && <Text size="sm">{t.already(effect.already)}.</Text>}
                  {fitsAll && <Text size="sm" fw={600}>{t.will(effect.changing.length)}{effect.already > 0 ? `, ${t.already(effect.already)}` : ''}{effect.late > 0 ? `; ${t.late(effect.late)}` : ''}.</Text>}
                  {fitsAll && <ul>
                    {effect.from.map(([from, n]) => <li key={from}>{t.fromTo(from, effect.toName)}: <b>{n.toLocaleString()}</b></li>)}
                    {effect.load && <li>{t.loadAfter(effect.load.who, effect.load.before, effect.load.after)}</li>}
                  </ul>}
                  {settled === to && isThere && changing.length > 0 && <DryRun key={trial} ids={changing} to={settled} beyondCapacity={beyondCapacity} onTried={(fitting) => setTried({ of: trial, fitting })} />}
                </>
              )}
              <Text size="xs" c="dimmed">{t.note}</Text>
            </section>
            {failure && <Notice tone="red"><Text size="sm">{failure}</Text></Notice>}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>{text.cancel}</Button>
              <Button type="submit" loading={starting} disabled={!canStart}>{hasTarget ? t.start(fitting) : t.startNothing}</Button>
            </Group>
          </Stack>
        </form>
      ) : running ? <JobProgress job={running} onAgain={setJob} end={<Button onClick={close} data-autofocus>{isBusy(running) ? t.goesOn : t.finish}</Button>} /> : <Text size="sm" role="status">{t.listing}</Text>}
    </Modal>
  );
}
