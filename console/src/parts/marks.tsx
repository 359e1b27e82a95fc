import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Clock, Conversation, Sla } from '../api/types';
import { useNow } from '../live/clock';
import { text } from '../text';
import { channelName, exactly, span, when } from './format';
import { IconAlertTriangle, IconBrandFacebook, IconBrandInstagram, IconBrandTelegram, IconBrandWhatsapp, IconBrandX, IconCheck, IconClock, IconDeviceMobileMessage, IconFlag, IconLock, IconMail, IconMessage, IconMessageCircle, IconPlayerPause, IconWorld } from './icons';

const channels = {
  x: IconBrandX, instagram: IconBrandInstagram, whatsapp: IconBrandWhatsapp, telegram: IconBrandTelegram, facebook: IconBrandFacebook, messenger: IconBrandFacebook,
  email: IconMail, sms: IconDeviceMobileMessage, webchat: IconMessage,
};

/** The channel, and whether what is said there is public: never by colour alone. */
export function ChannelMark({ c, withName = false }: { c: Conversation; withName?: boolean }) {
  const Icon = channels[c.channel as keyof typeof channels] ?? IconMessageCircle;
  const Reach = c.visibility === 'public' ? IconWorld : IconLock;
  const label = c.visibility === 'public' ? text.pane.publicOn(channelName(c.channel)) : text.pane.privateOn(channelName(c.channel));
  return (
    <span className="channel" data-public={c.visibility === 'public' || undefined} title={label}>
      <Icon size={14} aria-hidden />
      {withName && <span>{channelName(c.channel)}</span>}
      <Reach size={13} aria-hidden />
      <span className="unseen">{label}</span>
    </span>
  );
}

export function PriorityMark({ priority }: { priority: Conversation['priority'] }) {
  if (priority === 'normal') return null;
  return <span className="priority" data-priority={priority} title={text.priorityOf(text.priority[priority] ?? priority)}><IconFlag size={13} aria-hidden />{text.priority[priority]}</span>;
}

type Tone = 'red' | 'amber' | 'plain' | 'green';

export function Mark({ tone, icon, children, title }: { tone: Tone; icon?: ReactNode; children: ReactNode; title?: string }) {
  return <span className="mark-pill" data-tone={tone} title={title}>{icon}{children}</span>;
}

const metrics = ['firstResponse', 'nextResponse', 'resolution'] as const;

/** The promise that runs out first, counting down. */
export function DueMark({ sla }: { sla: Sla | null }) {
  const now = useNow();
  if (!sla?.nextDue) return null;
  const left = Date.parse(sla.nextDue) - now;
  const metric = metrics.find((m) => sla[m]?.due === sla.nextDue);
  const late = left <= 0;
  const tone = late || sla.state === 'breached' ? 'red' : sla.state === 'warning' ? 'amber' : 'plain';
  return (
    <Mark tone={tone} icon={tone === 'plain' ? <IconClock size={13} aria-hidden /> : <IconAlertTriangle size={13} aria-hidden />}>
      {metric && <span className="due-what" title={text.metric[metric]}>{text.sla.what[metric]}</span>}
      {late ? text.sla.late(span(left)) : text.sla.left(span(left))}
    </Mark>
  );
}

/** One clock with what it means, for the conversation's header. */
export function ClockMark({ metric, clock, sla }: { metric: 'firstResponse' | 'nextResponse' | 'resolution'; clock: Clock; sla: Sla }) {
  const now = useNow();
  const name = text.metric[metric] ?? metric;
  const { tone, value, why } = clockText(name, clock, sla, now);
  const icon = tone === 'red' || tone === 'amber' ? <IconAlertTriangle size={13} aria-hidden /> : tone === 'green' ? <IconCheck size={13} aria-hidden /> : clock.status === 'paused' ? <IconPlayerPause size={13} aria-hidden /> : <IconClock size={13} aria-hidden />;
  const explanation = `${why} ${text.sla.policy(sla.policy, when(clock.start))}`;
  return (
    <Tooltip label={explanation} multiline maw={300}>
      <button type="button" className="clock" data-tone={tone}>
        {icon}<span className="clock-name">{name}</span> <b>{value}</b><span className="unseen">. {explanation}</span>
      </button>
    </Tooltip>
  );
}

function clockText(name: string, clock: Clock, sla: Sla, now: number): { tone: Tone; value: string; why: string } {
  const t = text.sla;
  const due = clock.due ? when(clock.due) : '';
  if (clock.fulfilledAt) {
    return clock.breachedAt
      ? { tone: 'red', value: t.doneLate, why: due ? t.lateAt(name, when(clock.fulfilledAt), due) : t.lateOnly(name, when(clock.fulfilledAt)) }
      : { tone: 'green', value: t.done, why: t.met(name, when(clock.fulfilledAt)) };
  }
  if (clock.status === 'cancelled') return { tone: 'plain', value: t.off, why: t.cancelled(name) };
  if (!clock.due) {
    const rest = span((clock.remainingSeconds ?? 0) * 1000);
    return { tone: clock.breachedAt ? 'red' : 'plain', value: t.standing, why: t.paused(name, rest) };
  }
  const left = Date.parse(clock.due) - now;
  if (left <= 0) return { tone: 'red', value: t.late(span(left)), why: t.missed(name, due) };
  return { tone: sla.state === 'warning' && clock.due === sla.nextDue ? 'amber' : 'plain', value: t.left(span(left)), why: t.promised(name, due) };
}

export function Time({ at }: { at: string }) {
  return <time dateTime={at} title={exactly(at)}>{when(at)}</time>;
}

/** How long ago, ticking. */
export function Since({ at }: { at: string }) {
  const now = useNow();
  return <time dateTime={at} title={exactly(at)}>{span(Math.max(0, now - Date.parse(at)))}</time>;
}
