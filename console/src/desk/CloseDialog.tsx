import { Autocomplete, Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Conversation } from '../api/types';
import { useLive } from '../shell/live';
import { text } from '../text';

const Last = 'conversations.disposition';

export function CloseDialog({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const { actions } = useLive();
  const [disposition, setDisposition] = useState(() => localStorage.getItem(Last) ?? text.closing.usual[0]!);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    localStorage.setItem(Last, disposition);
    if ((await actions.close(c, disposition.trim(), note.trim())) !== undefined) onClose();
    setBusy(false);
  };
  return (
    <Modal opened onClose={onClose} title={text.closing.title} closeButtonProps={{ 'aria-label': text.close }}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Autocomplete label={text.closing.disposition} description={text.closing.dispositionHint} value={disposition} onChange={setDisposition} data={text.closing.usual} maxLength={128} openOnFocus={false} data-autofocus />
          <Textarea label={text.closing.note} description={text.assign.noteHint} value={note} onChange={(e) => setNote(e.currentTarget.value)} autosize minRows={2} maxRows={6} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{text.cancel}</Button>
            <Button type="submit" loading={busy}>{text.closing.submit}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
