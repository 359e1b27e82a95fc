import { Button, Checkbox, Group, Modal, Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { query } from '../api/client';
import type { DeadLetter, DeadLetterList } from '../api/types';
import { reason } from '../parts/format';
import { Time } from '../parts/marks';
import { say } from '../shell/toasts';
import { useSession } from '../shell/session';
import { text } from '../text';

const t = text.operate;

export function DeadLetters() {
  const { api } = useSession();
  const queries = useQueryClient();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [discarding, setDiscarding] = useState<readonly DeadLetter[]>();
  const [busy, setBusy] = useState(false);
  const pages = useInfiniteQuery({
    queryKey: ['dead-letters'],
    queryFn: ({ pageParam, signal }) => api.get<DeadLetterList>(query('/v1/dead-letters', { limit: 100, cursor: pageParam }), signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: 10_000,
  });
  const letters = pages.data?.pages.flatMap((p) => p.items) ?? [];
  const chosen = letters.filter((l) => selected.has(l.id));

  const each = async (which: readonly DeadLetter[], name: 'replay' | 'discard', done: string) => {
    setBusy(true);
    try {
      for (const letter of which) await api.write(`/v1/dead-letters/${letter.id}/${name}`, {});
      say(done);
    } catch (failure) {
      say(reason(failure), { tone: 'failed' });
    }
    setSelected(new Set());
    setBusy(false);
    await queries.invalidateQueries({ queryKey: ['dead-letters'] });
  };
  const toggle = (id: number) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  return (
    <>
      <p className="card-hint">{t.deadLettersHint}</p>
      {pages.isPending ? <p className="empty">{text.loading}</p> : pages.isError ? <p className="empty">{t.failedList}</p> : letters.length === 0 ? <p className="empty">{t.noDeadLetters}</p> : (
        <>
          <div className="selection" role="status">
            {chosen.length > 0 && (
              <Group gap="xs">
                <Button size="compact-sm" loading={busy} onClick={() => void each(chosen, 'replay', t.replayed)}>{t.replayMany(chosen.length)}</Button>
                <Button size="compact-sm" variant="default" disabled={busy} onClick={() => setDiscarding(chosen)}>{t.discardMany(chosen.length)}</Button>
              </Group>
            )}
          </div>
          <div className="table-scroll" tabIndex={0} role="region" aria-label={t.deadLetters}>
            <table className="conversations">
              <thead>
                <tr>
                  <th scope="col" className="check"><Checkbox size="xs" aria-label={t.selectAll} checked={chosen.length === letters.length} indeterminate={chosen.length > 0 && chosen.length < letters.length} onChange={() => setSelected(chosen.length === letters.length ? new Set() : new Set(letters.map((l) => l.id)))} /></th>
                  <th scope="col">{t.target}</th><th scope="col">{t.error}</th><th scope="col">{t.attempts}</th><th scope="col">{t.died}</th><th scope="col"><span className="unseen">{text.act.more}</span></th>
                </tr>
              </thead>
              <tbody>
                {letters.map((letter) => (
                  <tr key={letter.id}>
                    <td className="check"><Checkbox size="xs" aria-label={t.selectOne(letter.target)} checked={selected.has(letter.id)} onChange={() => toggle(letter.id)} /></td>
                    <td title={letter.message}>{letter.target}</td>
                    <td className="wrap">{letter.error}</td>
                    <td>{letter.attempts}</td>
                    <td><Time at={letter.diedAt} /></td>
                    <td>
                      <Group gap={6} wrap="nowrap" justify="flex-end">
                        <Button size="compact-xs" variant="default" disabled={busy} onClick={() => void each([letter], 'replay', t.replayed)}>{t.replay}</Button>
                        <Button size="compact-xs" variant="subtle" color="red" disabled={busy} onClick={() => setDiscarding([letter])}>{t.discard}</Button>
                      </Group>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {pages.hasNextPage && <Button variant="subtle" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t.more}</Button>}
        </>
      )}
      <Modal opened={discarding !== undefined} onClose={() => setDiscarding(undefined)} title={t.discardTitle} closeButtonProps={{ 'aria-label': text.close }}>
        <Text size="sm">{t.discardBody}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setDiscarding(undefined)} data-autofocus>{text.cancel}</Button>
          <Button color="red" onClick={() => (setDiscarding(undefined), void each(discarding ?? [], 'discard', t.discarded))}>{t.discardMany(discarding?.length ?? 0)}</Button>
        </Group>
      </Modal>
    </>
  );
}
