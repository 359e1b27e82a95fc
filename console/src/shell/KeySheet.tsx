import { Kbd, Modal, Switch, Text } from '@mantine/core';
import { Fragment } from 'react';
import { text } from '../text';
import { turnKeys, useKeysOn } from './keys';

const k = text.keys;
const groups: readonly (readonly [string, readonly (readonly [readonly string[], string])[]])[] = [
  [k.groups.list, [[['J'], k.next], [['K'], k.previous], [['Enter'], k.openIt], [['/'], k.search]]],
  [k.groups.conversation, [[['Y'], k.accept], [['X'], k.reject], [['A'], k.take], [['T'], k.assign], [['S'], k.snooze], [['P'], k.pend], [['H'], k.hold], [['E'], k.close], [['O'], k.reopen], [['L'], k.labels], [['!'], k.urgent]]],
  [k.groups.writing, [[['R'], k.reply], [['N'], k.note], [['Ctrl', 'Enter'], k.send], [['Esc'], k.leave]]],
  [k.groups.everywhere, [[['G', 'D'], k.desk], [['G', 'S'], k.supervise], [['G', 'O'], k.operate], [['?'], k.help]]],
];

export function KeySheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const on = useKeysOn();
  return (
    <Modal opened={opened} onClose={onClose} title={k.title} size="lg" closeButtonProps={{ 'aria-label': text.close }}>
      <div className="key-sheet">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <Text component="h3" size="sm" fw={600} m={0} mb={6}>{title}</Text>
            <dl>
              {keys.map(([strokes, meaning]) => (
                <Fragment key={meaning}>
                  <dt>{strokes.map((stroke, i) => <Fragment key={stroke}>{i > 0 && (stroke === 'Enter' ? ' + ' : ` ${k.then} `)}<Kbd size="xs">{stroke}</Kbd></Fragment>)}</dt>
                  <dd>{meaning}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Switch mt="md" checked={on} onChange={(e) => turnKeys(e.currentTarget.checked)} label={k.on} description={k.onHint} />
    </Modal>
  );
}
