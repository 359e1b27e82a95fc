import { ActionIcon, Button, Group, Paper, Text } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/client';
import { IconX } from '../parts/icons';
import { text } from '../text';

export interface Toast {
  id: number;
  tone: 'done' | 'partly' | 'failed';
  message: string;
  undo?: () => void;
  /** Stays until then: what it offers is possible that long. */
  until?: number;
}

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();
const set = (to: readonly Toast[]) => {
  toasts = to;
  listeners.forEach((listener) => listener());
};
const dismiss = (id: number) => set(toasts.filter((t) => t.id !== id));

/**
 * Says what came of something. What failed stays until it is read; what was done goes by itself.
 * @returns Takes it back.
 */
export function say(message: string, { tone = 'done', undo, until }: Partial<Pick<Toast, 'tone' | 'undo' | 'until'>> = {}): () => void {
  const id = next++;
  const passing = toasts.filter((t) => !t.until && t.message !== message).slice(-2);
  set([...toasts.filter((t) => t.until).slice(-2), ...passing, { id, tone, message, ...(undo ? { undo } : {}), ...(until ? { until } : {}) }]);
  if (tone !== 'failed') setTimeout(() => dismiss(id), until ? until - serverNow() : undo ? 12_000 : 8_000);
  return () => dismiss(id);
}

const useToasts = () => useSyncExternalStore((l) => (listeners.add(l), () => listeners.delete(l)), () => toasts);

/** What passes: over the page, for a moment. */
export const Toasts = () => <List className="toasts" of={useToasts().filter((t) => !t.until)} />;

/** What stays for minutes: below the page, so that it covers nothing. */
export const StandingToasts = () => <List className="toasts standing" of={useToasts().filter((t) => t.until)} />;

function List({ className, of }: { className: string; of: readonly Toast[] }) {
  return (
    <div className={className} role="status" aria-live="polite">
      {of.map((toast) => (
        <Paper key={toast.id} shadow="md" withBorder p="xs" className="toast" data-tone={toast.tone}>
          <Group gap="sm" wrap="nowrap" justify="space-between">
            <Text size="sm">{toast.message}</Text>
            <Group gap={4} wrap="nowrap">
              {toast.undo && <Button variant="subtle" onClick={() => (dismiss(toast.id), toast.undo?.())}>{text.undo}</Button>}
              <ActionIcon variant="subtle" color="gray" aria-label={text.dismiss} onClick={() => dismiss(toast.id)}><IconX size={16} /></ActionIcon>
            </Group>
          </Group>
        </Paper>
      ))}
    </div>
  );
}
