import type { Actor } from '../api/types';
import type { Note } from '../live/timeline';
import { when } from '../parts/format';
import { text } from '../text';

type Is = (actor: string) => boolean;

const who = (actor: Actor, customer: string, isMe: Is) =>
  actor.kind === 'customer' ? customer || text.actor.customer!
  : isMe(actor.id) ? text.you
  : actor.kind === 'agent' || actor.kind === 'supervisor' ? actor.id
  : text.actor[actor.kind] ?? actor.id;

/** What happened, as one says it. Empty for what need not be said. */
export function sentence({ type, actor, data }: Note, customer: string, isMe: Is): string {
  const t = text.timeline.event;
  const by = (what: string) => `${who(actor, customer, isMe)} ${what}`;
  const metric = text.metric[String(data.metric)] ?? String(data.metric ?? '');
  switch (type) {
    case 'episode.started':
      return t.episodeStarted(data.number as number);
    case 'assignment.changed': {
      const [agent, queue] = [data.assignee as string | undefined, data.queue as string | undefined];
      if (data.reason === 'newEpisode') return t.newEpisode;
      if (agent && (agent === actor.id || (isMe(agent) && isMe(actor.id)))) return by(t.took);
      if (agent) return by(data.reason === 'transfer' && queue ? t.toBoth(agent, queue) : t.assigned(agent));
      return queue ? by(t.toQueue(queue)) : by(t.released);
    }
    case 'status.changed': {
      const to = String(data.to);
      const until = data.until ? t.until(when(data.until as string)) : '';
      const auto = data.reason ? t.statusAuto[String(data.reason)] : undefined;
      return auto ?? by(`${t.status[to] ?? to}${until}${data.disposition ? t.as(String(data.disposition)) : ''}`);
    }
    case 'priority.changed':
      return by(t.priority((text.priority[String(data.priority)] ?? String(data.priority)).toLowerCase()) + (data.reason ? t.because(String(data.reason)) : ''));
    case 'labels.changed': {
      const [added, removed] = [(data.added as string[] | undefined) ?? [], (data.removed as string[] | undefined) ?? []];
      return by([...(added.length ? [t.labelsAdded(added.join(', '))] : []), ...(removed.length ? [t.labelsRemoved(removed.join(', '))] : [])].join(', '));
    }
    case 'control.changed':
      return data.bot ? t.botTook(String(data.bot)) : t.botLeft;
    case 'customer.blocked':
      return by(data.blocked ? t.blocked : t.unblocked);
    case 'sla.warning':
      return t.warned(metric);
    case 'sla.breached':
      return t.breached(metric);
    case 'sla.fulfilled':
      return data.met ? t.met(metric) : t.metLate(metric);
    case 'sla.withdrawn':
      return data.what === 'breach' ? t.withdrawnBreach(metric) : t.withdrawnFulfilment(metric);
    case 'sla.escalated':
      return t.escalated(metric);
    case 'sla.unreachable':
      return t.unreachable(metric);
    case 'sla.overridden':
      return by(t.overridden(metric, when(data.due as string), String(data.reason)));
    case 'sla.policy_changed':
      return t.policy;
    case 'monitor.started':
    case 'monitor.ended': {
      const monitor = String(data.by); // it also ends when somebody else closes the conversation, and by itself
      return `${isMe(monitor) ? text.you : monitor} ${type === 'monitor.started' ? t.monitored : t.monitoredNoMore}`;
    }
    case 'offer.made':
      return t.offered((data.agents as string[]).join(', '));
    case 'offer.ended':
      return t.offerEnded(String(data.agent), text.why.outcomes[String(data.outcome)] ?? String(data.outcome));
    case 'offer.escalated':
      return t.escalatedOffers;
    case 'queue.joined':
      return t.joined(String(data.queue));
    case 'transfer.requested': {
      const to = data.transfer as { agent?: string; queue?: string; skill?: string };
      return by(t.transferRequested(to.agent ?? to.queue ?? to.skill ?? ''));
    }
    case 'transfer.ended':
      return t.transferEnded;
    case 'wrapUp.started':
      return t.wrapUp;
    case 'wrapUp.ended':
      return t.wrapUpEnded;
    default:
      return by(type); // a kind of event this console is too old to know: said, not hidden
  }
}
