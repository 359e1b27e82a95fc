import { Autocomplete, Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useMemo, useState } from 'react';
import type { Conversation } from '../api/types';
import { useLive } from '../shell/live';
import { text } from '../text';
import { agentOption } from '../supervise/AgentState';
import { useAgentNames } from '../supervise/useAgents';
import { known } from './views';

export function AssignDialog({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const { store, actions } = useLive();
  const { queues, agents } = useMemo(() => known(store.rows.values()), [store]);
  const [agent, setAgent] = useState(c.assignee ?? '');
  const [queue, setQueue] = useState(c.queue ?? '');
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const { names, standing, isThere } = useAgentNames(agents, agent.trim());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isThere) return;
    setBusy(true);
    if ((await actions.assignOrMove(c, { agent: agent.trim() || null, queue: queue.trim() || null, note: note.trim() })) !== undefined) onClose();
    setBusy(false);
  };
  return (
    <Modal opened onClose={onClose} title={text.assign.title} closeButtonProps={{ 'aria-label': text.close }}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Autocomplete label={text.assign.agent} description={text.assign.agentHint} error={isThere === false && text.move.noAgent(agent.trim())} value={agent} onChange={setAgent} data={[...new Set([actions.me, ...names])]} renderOption={agentOption(standing)} data-autofocus clearable openOnFocus={false} />
          <Autocomplete label={text.assign.queue} value={queue} onChange={setQueue} data={queues} openOnFocus={false} />
          <Textarea label={text.assign.note} description={text.assign.noteHint} value={note} onChange={(e) => setNote(e.currentTarget.value)} autosize minRows={2} maxRows={6} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{text.cancel}</Button>
            <Button type="submit" loading={busy} disabled={!isThere}>{text.assign.submit}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
