import { Stack, Text } from '@mantine/core';
import { IconMessageCircle } from '../parts/icons';
import { text } from '../text';
import type { ViewId } from './views';

export function NoConversation({ view }: { view: ViewId }) {
  return (
    <Stack align="center" justify="center" h="100%" gap={6} p="xl">
      <IconMessageCircle size={36} stroke={1.2} aria-hidden />
      <Text fw={600}>{text.pane.none}</Text>
      <Text size="sm" c="dimmed" ta="center" maw={340}>{view === 'closed' ? text.pane.noneClosedHint : text.pane.noneHint}</Text>
    </Stack>
  );
}
