import { Button, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import type { RefObject } from 'react';
import { IconSearch } from '../parts/icons';
import { text } from '../text';
import { isMixed, type Order, type ViewId, type Whose } from './views';
import { viewName } from './Views';

const choices = (['all', 'nobodys', 'notMine'] as const).map((value) => ({ value, label: text.list.whoseChoices[value] }));

interface Props {
  view: ViewId;
  order: Order;
  onOrder: (order: Order) => void;
  search: string;
  onSearch: (search: string) => void;
  whose: Whose;
  onWhose: (whose: Whose) => void;
  field: RefObject<HTMLInputElement | null>;
  count: number;
  /** For those who move load: everything in this list, to somebody else. */
  onMove: (() => void) | undefined;
}

export function ListHead({ view, order, onOrder, search, onSearch, whose, onWhose, field, count, onMove }: Props) {
  return (
    <div className="list-head">
      <div className="list-title">
        <h1>{viewName(view)}{view !== 'closed' && <span className="number">{count.toLocaleString()}</span>}</h1>
        {view !== 'closed' && (
          <NativeSelect
            size="xs" variant="unstyled" aria-label={text.list.sort} value={order} onChange={(e) => onOrder(e.currentTarget.value as Order)}
            data={[{ value: 'due', label: text.list.due }, { value: 'waiting', label: text.list.waitingTime }, { value: 'activity', label: text.list.activity }]}
          />
        )}
      </div>
      <div className="list-tools">
        <TextInput
          ref={field} size="xs" leftSection={<IconSearch size={14} aria-hidden />} placeholder={text.list.search} aria-label={text.list.search} value={search}
          onChange={(e) => onSearch(e.currentTarget.value)}
          onKeyDown={(e) => e.key === 'Escape' && (onSearch(''), e.currentTarget.blur())}
        />
        {onMove && <Button variant="default" onClick={onMove}>{text.list.moveAll}</Button>}
      </div>
      {isMixed(view) && <SegmentedControl size="xs" fullWidth aria-label={text.list.whose} value={whose} onChange={onWhose} data={choices} />}
    </div>
  );
}
