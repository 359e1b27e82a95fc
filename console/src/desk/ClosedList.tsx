import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { query } from '../api/client';
import type { ConversationList as Page } from '../api/types';
import { useLive } from '../shell/live';
import { useSession } from '../shell/session';
import { text } from '../text';
import { Row } from './ConversationList';
import { matches, wordsOf } from './views';

/** Closed conversations are not held: they are asked for, page by page. */
export function ClosedList({ selected, onOpen, search }: { selected: string | undefined; onOpen: (id: string) => void; search: string }) {
  const { api } = useSession();
  const { actions } = useLive();
  const pages = useInfiniteQuery({
    queryKey: ['closed'],
    queryFn: ({ pageParam, signal }) => api.get<Page>(query('/v1/conversations', { status: 'closed,spam', order: 'activity', limit: 50, cursor: pageParam }), signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor,
    staleTime: 5_000,
  });
  const words = wordsOf(search);
  const rows = pages.data?.pages.flatMap((p) => p.items).filter((c) => matches(c, words)) ?? [];
  if (pages.isPending) return <p className="empty">{text.loading}</p>;
  if (rows.length === 0) return <p className="empty">{search ? text.list.emptySearch : text.list.empty}</p>;
  return (
    <div className="list-scroll" tabIndex={-1}>
      <ul className="plain" aria-label={text.list.label(text.views.closed)}>
        {rows.map((c) => <li key={c.id}><Row c={c} isSelected={c.id === selected} onOpen={onOpen} view="closed" isMe={actions.isMe} /></li>)}
      </ul>
      {pages.hasNextPage && <Button variant="subtle" fullWidth loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{text.list.more}</Button>}
    </div>
  );
}
