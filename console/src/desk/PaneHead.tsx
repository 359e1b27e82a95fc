import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { supervisionOf, useApiHas } from '../api/optional';
import type { Conversation, Priority } from '../api/types';
import { customerName, when } from '../parts/format';
import { IconArrowLeft, IconBan, IconClock, IconDots, IconFlag, IconEye, IconHourglass, IconNote, IconPlayerPause, IconRefresh, IconTag, IconUser, IconUsers } from '../parts/icons';
import { ChannelMark, ClockMark, Mark, PriorityMark } from '../parts/marks';
import { isOver } from '../live/store';
import { useKeys } from '../shell/keys';
import { useLive } from '../shell/live';
import { useSession } from '../shell/session';
import { addressOf, onLink } from '../shell/router';
import { text } from '../text';
import { AssignDialog } from './AssignDialog';
import { CloseDialog } from './CloseDialog';
import { LabelsDialog } from './LabelsDialog';
import { Others } from './Others';
import { SnoozeDialog } from './SnoozeDialog';
import { WhisperDialog } from './WhisperDialog';
import { useCanExplain, WhyDialog } from './WhyDialog';

type Dialog = 'whisper' | 'why' | 'assign' | 'snooze' | 'close' | 'labels';

interface Props {
  c: Conversation;
  onBack: (() => void) | undefined;
  onReply: () => void;
  onNote: () => void;
}

const metrics = ['firstResponse', 'nextResponse', 'resolution'] as const;

/** Who it is, where it stands, what is promised, and everything that can be done with it. */
export function PaneHead({ c, onBack, onReply, onNote }: Props) {
  const { actions } = useLive();
  const [dialog, setDialog] = useState<Dialog>();
  const canExplain = useCanExplain().any;
  const { caller } = useSession();
  const canSupervise = useApiHas('/v1/conversations/{id}/monitor') && caller.role !== 'agent';
  const over = isOver(c);
  const mine = c.assignee === actions.me;
  const canPend = ['open', 'onHold', 'snoozed'].includes(c.status);
  const canHold = ['open', 'pending'].includes(c.status);
  const take = over || mine ? undefined : () => void actions.take(c);
  const reopen = c.status === 'open' || c.status === 'spam' ? undefined : () => void actions.reopen(c);
  const show = (which: Dialog) => (over ? undefined : () => setDialog(which));
  useKeys({
    a: take, t: show('assign'), s: show('snooze'), e: show('close'), o: reopen, l: () => setDialog('labels'),
    p: canPend ? () => void actions.pend(c) : undefined,
    h: canHold ? () => void actions.hold(c) : undefined,
    '!': () => void actions.prioritise(c, c.priority === 'urgent' ? 'normal' : 'urgent'),
    r: over ? undefined : onReply, n: onNote,
  });
  return (
    <header className="pane-head">
      <div className="pane-title">
        {onBack && <ActionIcon variant="subtle" color="gray" aria-label={text.pane.back} onClick={onBack}><IconArrowLeft size={18} /></ActionIcon>}
        <div className="pane-who">
          <h2>{customerName(c)}</h2>
          <span className="pane-sub">
            {c.customer?.handle && <span>{c.customer.handle}</span>}
            {c.reach != null && c.reach > 0 && <span title={text.pane.reachHint}>{text.pane.followers(c.reach)}</span>}
            <ChannelMark c={c} withName />
            <span>{c.channelAccount}</span>
          </span>
        </div>
        <div className="pane-actions">
          {take && <Key k="A" says={c.assignee ? text.act.takeFrom(c.assignee) : undefined}><Button onClick={take}>{text.act.take}</Button></Key>}
          {!over && <Key k="T"><Button variant="default" onClick={show('assign')}>{text.act.assign}</Button></Key>}
          {!over && <Key k="S"><Button variant="default" onClick={show('snooze')}>{text.act.snooze}</Button></Key>}
          {!over && <Key k="E"><Button variant="default" onClick={show('close')}>{text.act.close}</Button></Key>}
          {over && reopen && <Key k="O"><Button onClick={reopen}>{text.act.reopen}</Button></Key>}
          <Menu withInitialFocusPlaceholder={false} position="bottom-end" width={220}>
            <Menu.Target><ActionIcon variant="default" size={30} aria-label={text.act.more}><IconDots size={16} /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              {!over && reopen && <Item k="O" icon={<IconRefresh size={16} />} onClick={reopen}>{text.act.open}</Item>}
              {canPend && <Item k="P" icon={<IconHourglass size={16} />} onClick={() => void actions.pend(c)}>{text.act.pend}</Item>}
              {canHold && <Item k="H" icon={<IconPlayerPause size={16} />} onClick={() => void actions.hold(c)}>{text.act.hold}</Item>}
              <Item k="L" icon={<IconTag size={16} />} onClick={() => setDialog('labels')}>{text.act.labels}</Item>
              <Menu.Divider />
              <Menu.Label>{text.act.priority}</Menu.Label>
              {(['urgent', 'high', 'normal', 'low'] as Priority[]).map((p) => (
                <Menu.Item key={p} leftSection={<IconFlag size={16} />} disabled={p === c.priority} onClick={() => void actions.prioritise(c, p)}>{text.priority[p]}</Menu.Item>
              ))}
              {canSupervise && !over && <Supervision c={c} onWhisper={() => setDialog('whisper')} />}
              <Menu.Divider />
              {canExplain && <Item icon={<IconClock size={16} />} onClick={() => setDialog('why')}>{text.why.action}</Item>}
              {c.status !== 'spam' && <Item icon={<IconBan size={16} />} onClick={() => void actions.spam(c)}>{text.act.spam}</Item>}
              <Item icon={<IconUser size={16} />} onClick={() => void actions.block(c, !c.blocked)}>{c.blocked ? text.act.unblock : text.act.block}</Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
      <div className="pane-facts">
        <Mark tone={over ? 'green' : 'plain'}>{text.status[c.status]}</Mark>
        <span>{c.assignee ? text.pane.assignee(mine ? text.you.toLowerCase() : c.assignee) : text.pane.unassigned}{c.queue && <> · <a href={addressOf('desk', `queue:${c.queue}`)} onClick={onLink} title={text.pane.toQueue(c.queue)}>{c.queue}</a></>}</span>
        <Others c={c} />
        <Company c={c} />
        {c.snoozedUntil && <span>{text.pane.snoozedUntil(when(c.snoozedUntil))}</span>}
        {c.pendingUntil && <span>{text.pane.pendingUntil(when(c.pendingUntil))}</span>}
        {c.status === 'closed' && c.disposition && <span>{text.pane.closedAs(c.disposition)}</span>}
        {c.episode > 1 && <span>{text.pane.episode(c.episode)}</span>}
        <PriorityMark priority={c.priority} />
        {c.labels.map((label) => <span key={label} className="label">{label}</span>)}
        {c.sla && (
          <span className="clocks" role="group" aria-label={text.sla.label}>
            {metrics.map((metric) => {
              const clock = c.sla?.[metric];
              return clock && c.sla && <ClockMark key={metric} metric={metric} clock={clock} sla={c.sla} />;
            })}
          </span>
        )}
      </div>
      {dialog === 'assign' && <AssignDialog c={c} onClose={() => setDialog(undefined)} />}
      {dialog === 'snooze' && <SnoozeDialog c={c} onClose={() => setDialog(undefined)} />}
      {dialog === 'close' && <CloseDialog c={c} onClose={() => setDialog(undefined)} />}
      {dialog === 'whisper' && <WhisperDialog c={c} onClose={() => setDialog(undefined)} />}
      {dialog === 'why' && <WhyDialog c={c} onClose={() => setDialog(undefined)} />}
      {dialog === 'labels' && <LabelsDialog c={c} onClose={() => setDialog(undefined)} />}
    </header>
  );
}

/** What a supervisor does inside somebody else's conversation; all of it is in its history. */
function Supervision({ c, onWhisper }: { c: Conversation; onWhisper: () => void }) {
  const { actions } = useLive();
  const { caller } = useSession();
  const there = supervisionOf(c);
  const monitors = there?.monitors.some((m) => actions.isMe(m.by)) ?? false;
  const takesPart = there?.participants.some(actions.isMe) ?? false;
  const isOthers = c.assignee !== null && c.assignee !== actions.me;
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{text.shell.supervise}</Menu.Label>
      <Item icon={<IconEye size={16} />} onClick={() => void actions.monitor(c, !monitors)}>{monitors ? text.supervision.stopMonitoring : text.supervision.monitor}</Item>
      {isOthers && <Item icon={<IconNote size={16} />} onClick={onWhisper}>{text.supervision.whisperMore}</Item>}
      <Item icon={<IconUsers size={16} />} onClick={() => void actions.join(c, !takesPart)}>{takesPart ? text.supervision.leave : text.supervision.join}</Item>
      {/* The gateway would give it to the key itself where that belongs to no agent: such people take it under the name they chose. */}
      {isOthers && <Item icon={<IconUser size={16} />} onClick={() => void (caller.agent ? actions.takeOver(c) : actions.take(c))}>{text.supervision.takeOver}</Item>}
    </>
  );
}

/** Who looks on or takes part beside the owner. */
function Company({ c }: { c: Conversation }) {
  const there = supervisionOf(c);
  if (!there) return null;
  return (
    <>
      {there.monitors.length > 0 && <span>{text.supervision.monitors(there.monitors.map((m) => m.by))}</span>}
      {there.participants.length > 0 && <span>{text.supervision.participants(there.participants)}</span>}
    </>
  );
}

function Key({ k, says, children }: { k: string; says?: string | undefined; children: ReactNode }) {
  return <Tooltip label={says ? `${says} (${k})` : k}>{children}</Tooltip>;
}

function Item({ k, icon, onClick, children }: { k?: string; icon: ReactNode; onClick: () => void; children: ReactNode }) {
  return <Menu.Item leftSection={icon} rightSection={k && <kbd className="menu-key">{k}</kbd>} onClick={onClick}>{children}</Menu.Item>;
}
