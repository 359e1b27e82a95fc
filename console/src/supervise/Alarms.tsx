import type { Conversation } from '../api/types';
import type { Alarm } from '../live/store';
import { clockTime, customerName } from '../parts/format';
import { IconAlertTriangle, IconCheck, IconClock } from '../parts/icons';
import { addressOf, onLink } from '../shell/router';
import { text } from '../text';

const t = text.supervise;
const Shown = 50;
const icons = { warning: IconClock, breached: IconAlertTriangle, withdrawn: IconCheck };

/** Warnings and breaches in the moment they happen. */
export function Alarms({ alarms, rows }: { alarms: readonly Alarm[]; rows: ReadonlyMap<string, Conversation> }) {
  return (
    <section className="card" aria-label={t.alarms}>
      <h2>{t.alarms}</h2>
      {alarms.length === 0 ? <p className="empty">{t.alarmsEmpty}</p> : (
        <ol className="alarms" tabIndex={0} aria-label={t.alarms}>
          {alarms.slice(0, Shown).map((alarm) => {
            const c = rows.get(alarm.conversation) ?? alarm.of;
            const Icon = icons[alarm.kind];
            return (
              <li key={alarm.id} data-kind={alarm.kind}>
                <Icon size={14} aria-hidden />
                <a href={addressOf('desk', 'open', alarm.conversation)} onClick={onLink}>{c ? customerName(c) : t.alarmOf}</a>
                <span>{text.metric[alarm.metric] ?? alarm.metric} {t.alarm[alarm.kind]}{c?.assignee ? ` · ${c.assignee}` : ''}{c?.queue ? ` · ${c.queue}` : ''}</span>
                <time dateTime={alarm.at}>{clockTime(alarm.at)}</time>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
