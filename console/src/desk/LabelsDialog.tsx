import { Button, Group, Modal, Stack, TagsInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Conversation } from '../api/types';
import { useLive } from '../shell/live';
import { text } from '../text';

export function LabelsDialog({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const { store, actions } = useLive();
  const used = useMemo(() => [...new Set([...store.rows.values()].flatMap((r) => r.labels))].sort(), [store]);
  const [labels, setLabels] = useState<string[]>([...c.labels]);
  const save = () => {
    onClose();
    void actions.label(c, labels);
  };
  return (
    <Modal opened onClose={onClose} title={text.labels.title} closeButtonProps={{ 'aria-label': text.close }}>
      <Stack gap="sm">
        <TagsInput openOnFocus={false} aria-label={text.labels.title} description={text.labels.hint} value={labels} onChange={setLabels} data={used} maxTags={50} data-autofocus acceptValueOnBlur />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{text.cancel}</Button>
          <Button onClick={save}>{text.labels.submit}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
