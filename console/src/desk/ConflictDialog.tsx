import { Button, Group, Modal, Text } from '@mantine/core';
import type { Conversation, Event } from '../api/types';
import { timeline } from '../live/timeline';
import { text } from '../text';
import { Missed } from './Timeline';

export interface Conflict {
  conversation: Conversation;
  events: readonly Event[];
  resolve: (goOn: boolean) => void;
}

/** Two people, one conversation: what the other did is shown before anything is overwritten. */
export function ConflictDialog({ conflict, onDone }: { conflict: Conflict | undefined; onDone: () => void }) {
  const decide = (goOn: boolean) => () => {
    conflict?.resolve(goOn);
    onDone();
  };
  return (
    <Modal opened={conflict !== undefined} onClose={decide(false)} title={text.conflict.title} size="lg" closeButtonProps={{ 'aria-label': text.close }}>
      <Text size="sm" mb="sm">{text.conflict.body}</Text>
      {conflict && <Missed entries={timeline(conflict.events)} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={decide(true)}>{text.conflict.anyway}</Button>
        <Button onClick={decide(false)} data-autofocus>{text.cancel}</Button>
      </Group>
    </Modal>
  );
}
