import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Conversation } from '../api/types';
import { useLive } from '../shell/live';
import { text } from '../text';

const t = text.supervision;

/** A word to whoever has the conversation, which the customer never sees. */
export function WhisperDialog({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const { actions } = useLive();
  const [words, setWords] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    if ((await actions.whisper(c, words.trim())) !== undefined) onClose();
    setBusy(false);
  };
  return (
    <Modal opened onClose={onClose} title={t.whisperTo(c.assignee ?? '')} closeButtonProps={{ 'aria-label': text.close }}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Textarea label={t.words} description={t.wordsHint} value={words} onChange={(e) => setWords(e.currentTarget.value)} autosize minRows={2} maxRows={8} maxLength={100_000} data-autofocus />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{text.cancel}</Button>
            <Button type="submit" loading={busy} disabled={words.trim() === ''}>{t.whisper}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
