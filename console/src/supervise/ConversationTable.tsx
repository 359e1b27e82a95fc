import { Button, Checkbox, Group } from '@mantine/core';
import { type ColumnDef, flexRender, getCoreRowModel, getSortedRowModel, type RowSelectionState, type SortingState, useReactTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Conversation } from '../api/types';
import { customerName } from '../parts/format';
import { ChannelMark, DueMark, PriorityMark, Since } from '../parts/marks';
import { useLive } from '../shell/live';
import { addressOf, onLink } from '../shell/router';
import { text } from '../text';
import MoveDialog from './MoveDialog';

const t = text.supervise;
const RowHeight = 40;
const Last = '~';

const columns: ColumnDef<Conversation>[] = [
  { id: 'customer', header: t.columns.customer, accessorFn: customerName, cell: ({ row: { original: c } }) => <><a href={addressOf('desk', 'open', c.id)} onClick={onLink}>{customerName(c)}</a> <PriorityMark priority={c.priority} /></> },
  { id: 'channel', header: t.columns.channel, accessorFn: (c) => c.channel, cell: ({ row: { original: c } }) => <ChannelMark c={c} withName /> },
  { id: 'message', header: t.columns.message, enableSorting: false, accessorFn: (c) => c.lastMessage?.text ?? '', cell: (cell) => <span className="cut">{cell.getValue<string>()}</span> },
  { id: 'queue', header: t.columns.queue, accessorFn: (c) => c.queue ?? Last, cell: ({ row: { original: c } }) => c.queue ?? '–' },
  { id: 'assignee', header: t.columns.assignee, accessorFn: (c) => c.assignee ?? Last, cell: ({ row: { original: c } }) => c.assignee ?? <span className="dim">{text.unassigned}</span> },
  { id: 'status', header: t.columns.status, accessorFn: (c) => c.status, cell: ({ row: { original: c } }) => text.status[c.status] },
  { id: 'waiting', header: t.columns.waiting, accessorFn: (c) => c.waitingSince ?? Last, cell: ({ row: { original: c } }) => (c.waitingSince ? <Since at={c.waitingSince} /> : '–') },
  { id: 'due', header: t.columns.due, accessorFn: (c) => c.sla?.nextDue ?? Last, cell: ({ row: { original: c } }) => <DueMark sla={c.sla} /> },
];

/** Every open conversation that passes the filters; only the rows in sight are drawn. */
export function ConversationTable({ rows }: { rows: Conversation[] }) {
  const { store } = useLive();
  const [sorting, setSorting] = useState<SortingState>([{ id: 'due', desc: false }]);
  const [selection, setSelection] = useState<RowSelectionState>({});
  const [moving, setMoving] = useState<Conversation[]>();
  const table = useReactTable({
    data: rows, columns, state: { sorting, rowSelection: selection }, getRowId: (c) => c.id, enableRowSelection: true,
    onSortingChange: setSorting, onRowSelectionChange: setSelection, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel(), sortDescFirst: false,
    defaultColumn: { sortingFn: 'basic' }, // times compare as text; the default would read their digits one group at a time
  });
  const model = table.getRowModel().rows;
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: model.length, getScrollElement: () => scroll.current, estimateSize: () => RowHeight, overscan: 10, getItemKey: (i) => model[i]!.id });
  const items = virtual.getVirtualItems();
  const shown = items.map((i) => model[i.index]?.id ?? '');
  const key = shown.join();
  useEffect(() => store.look(new Set(shown)), [store, key]);

  // What left the list (closed, filtered away) is not selected any more: nobody moves what they do not see.
  const selected = useMemo(() => rows.filter((c) => selection[c.id]), [rows, selection]);
  const all = selected.length > 0 && selected.length === rows.length;
  return (
    <>
      <div className="selection" role="status">
        {selected.length > 0 ? (
          <Group gap="xs">
            <b>{t.selected(selected.length)}</b>
            <Button size="compact-sm" onClick={() => setMoving(selected)}>{t.move}</Button>
            {!all && <Button size="compact-sm" variant="default" onClick={() => setSelection(Object.fromEntries(rows.map((c) => [c.id, true])))}>{t.selectAll} ({rows.length.toLocaleString()})</Button>}
            <Button size="compact-sm" variant="subtle" onClick={() => setSelection({})}>{t.clearSelection}</Button>
          </Group>
        ) : null}
      </div>
      <div className="table-scroll" ref={scroll} tabIndex={0} role="region" aria-label={t.conversations}>
        <table className="conversations" aria-rowcount={rows.length + 1}>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                <th scope="col" className="check"><Checkbox size="xs" aria-label={t.selectAll} checked={all} indeterminate={!all && selected.length > 0} onChange={() => setSelection(all ? {} : Object.fromEntries(rows.map((c) => [c.id, true])))} /></th>
                {group.headers.map(({ column }) => {
                  const name = String(column.columnDef.header);
                  const sorted = column.getIsSorted();
                  return (
                    <th key={column.id} scope="col" data-column={column.id} aria-sort={sorted ? (sorted === 'asc' ? 'ascending' : 'descending') : undefined}>
                      {column.getCanSort() ? <button type="button" onClick={column.getToggleSortingHandler()} title={t.sortBy(name)}>{name}<span aria-hidden="true">{sorted === 'asc' ? ' ↑' : sorted ? ' ↓' : ''}</span></button> : name}
                    </th>
                  );
                })}
              </tr>
            ))}
          </thead>
          <tbody>
            {items[0] && items[0].start > 0 && <tr aria-hidden="true"><td style={{ height: items[0].start, padding: 0 }} /></tr>}
            {items.map((item) => {
              const row = model[item.index];
              return row && (
                <tr key={row.id} data-selected={row.getIsSelected() || undefined} aria-rowindex={item.index + 2}>
                  <td className="check"><Checkbox size="xs" aria-label={t.selectOne(customerName(row.original))} checked={row.getIsSelected()} onChange={row.getToggleSelectedHandler()} /></td>
                  {row.getVisibleCells().map((cell) => <td key={cell.id} data-column={cell.column.id}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</td>)}
                </tr>
              );
            })}
            {items.length > 0 && <tr aria-hidden="true"><td style={{ height: virtual.getTotalSize() - (items.at(-1)?.end ?? 0), padding: 0 }} /></tr>}
          </tbody>
        </table>
        {rows.length === 0 && <p className="empty">{text.list.empty}</p>}
      </div>
      {moving && <MoveDialog rows={moving} onClose={(isDone) => (setMoving(undefined), isDone && setSelection({}))} />}
    </>
  );
}
