import { Button } from '@mantine/core';
import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { useHistory } from '../live/history';
import type { Entry, Message } from '../live/timeline';
import { clockTime, dayKey, dayOf, exactly, when } from '../parts/format';
import { IconAlertTriangle, IconCheck, IconChecks, IconClock, IconLock, IconNote, IconPaperclip, IconRobot, IconWorld } from '../parts/icons';
import { text } from '../text';
import { sentence } from './sentence';

interface Props {
  history: ReturnType<typeof useHistory>;
  customer: string;
  isMe: (actor: string) => boolean;
  isPublic: boolean;
}

/** Within this of the end counts as being at the end: new messages then scroll in by themselves. */
const Near = 80;

export function Timeline({ history, customer, isMe, isPublic }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [loadingEarlier, setLoadingEarlier] = useState(false);
  const before = useRef<{ height: number; first: number } | undefined>(undefined);
  const first = history.events[0]?.seq ?? 0;
  const last = history.lastSeq;

  useLayoutEffect(() => {
    const box = scroll.current;
    if (!box) return;
    if (before.current && before.current.first !== first) {
      box.scrollTop += box.scrollHeight - before.current.height; // what was in sight stays where it was
      before.current = undefined;
    } else if (atEnd) box.scrollTop = box.scrollHeight;
  }, [first, last, history.entries, atEnd]);

  // A picture of the size changes (the composer grows): who was at the end stays there.
  useEffect(() => {
    const box = scroll.current;
    if (!box) return;
    const watch = new ResizeObserver(() => atEnd && (box.scrollTop = box.scrollHeight));
    watch.observe(box);
    return () => watch.disconnect();
  }, [atEnd]);

  const loadEarlier = async () => {
    const box = scroll.current;
    if (box) before.current = { height: box.scrollHeight, first };
    setLoadingEarlier(true);
    await history.loadEarlier().catch(() => undefined);
    setLoadingEarlier(false);
  };
  return (
    <div className="timeline-box">
      <div
        className="timeline" ref={scroll} tabIndex={0} role="log" aria-label={text.timeline.label} aria-live="polite" data-public={isPublic || undefined}
        onScroll={(e) => setAtEnd(e.currentTarget.scrollHeight - e.currentTarget.scrollTop - e.currentTarget.clientHeight < Near)}
      >
        {history.failed && <p className="empty">{text.timeline.failed}</p>}
        {history.hasEarlier
          ? <Button variant="subtle" loading={loadingEarlier} onClick={() => void loadEarlier()} mx="auto" display="block">{text.timeline.earlier}</Button>
          : history.loaded && <p className="beginning">{text.timeline.beginning}</p>}
        <Entries entries={history.entries} customer={customer} isMe={isMe} />
      </div>
      {!atEnd && <Button className="to-end" size="compact-sm" variant="default" onClick={() => setAtEnd(true)}>{text.timeline.newBelow}</Button>}
    </div>
  );
}

/** Messages and events in order, with the days between them. */
function Entries({ entries, customer, isMe }: { entries: readonly Entry[]; customer: string; isMe: (actor: string) => boolean }) {
  let day = '';
  let author = '';
  return entries.map((entry) => {
    const isNewDay = dayKey(entry.at) !== day;
    day = dayKey(entry.at);
    const isSame = !isNewDay && entry.is === 'message' && author === `${entry.from}/${entry.author}`;
    author = entry.is === 'message' ? `${entry.from}/${entry.author}` : '';
    return (
      <Fragment key={entry.seq}>
        {isNewDay && <h3 className="day">{dayOf(entry.at)}</h3>}
        {entry.is === 'message' ? <Bubble message={entry} isSame={isSame} isMe={isMe} /> : <EventLine entry={entry} customer={customer} isMe={isMe} />}
      </Fragment>
    );
  });
}

/** In a few lines: who said or did what. */
export function Missed({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul className="missed">
      {entries.map((entry) => (
        <li key={entry.seq}>
          {entry.is === 'message' ? <><b>{entry.from === 'note' ? `${text.timeline.note} · ${entry.author}` : entry.author}</b> {entry.deletedAt ? <i>{text.timeline.deleted}</i> : entry.text || text.timeline.file}</> : sentence(entry, '', () => false)}{' '}
          <time dateTime={entry.at}>{when(entry.at)}</time>
        </li>
      ))}
    </ul>
  );
}

function Bubble({ message: m, isSame, isMe }: { message: Message; isSame: boolean; isMe: (actor: string) => boolean }) {
  const t = text.timeline;
  const name = isMe(m.author) && m.from !== 'customer' ? text.you : m.author;
  return (
    <div className="bubble-line" data-from={m.from} data-same={isSame || undefined}>
      <div className="bubble" data-failed={m.delivery?.state === 'failed' || undefined}>
        {(!isSame || m.from === 'note') && (
          <p className="bubble-who">
            {m.from === 'note' ? <><IconNote size={13} aria-hidden />{m.to ? t.whisper(isMe(m.to) ? text.you.toLowerCase() : m.to) : t.note} · {name}</> : m.from === 'bot' ? <><IconRobot size={13} aria-hidden />{t.bot} · {name}</> : name}
            {m.from === 'us' || m.from === 'bot' ? m.visibility === 'public' ? <span className="public-mark"><IconWorld size={12} aria-hidden />{t.publicMark}</span> : <IconLock size={12} aria-label={text.visibility.private} /> : null}
          </p>
        )}
        {m.deletedAt ? <p className="bubble-text gone">{m.from === 'customer' ? t.deleted : t.deletedOurs}</p> : m.text && <p className="bubble-text">{m.text}</p>}
        {!m.deletedAt && m.attachments.length > 0 && (
          <ul className="files">
            {m.attachments.map((a, i) => <li key={i}><File url={a.url} name={a.name || a.contentType || t.file} /></li>)}
          </ul>
        )}
        {m.reactions.length > 0 && <p className="reactions">{m.reactions.map((r) => <span key={r.by} title={r.by}>{r.emoji}<span className="unseen"> {r.by}</span></span>)}</p>}
        <p className="bubble-foot">
          {m.flags.map((f) => <span key={f}>{f === 'auto' ? t.auto : f === 'flood' ? t.flood : f === 'blocked' ? t.blockedFlag : t.elsewhere}</span>)}
          {m.edits.length > 0 && <span title={m.edits.map((e) => `${t.before(clockTime(e.at))}\n${e.text}`).join('\n\n')}>{t.edited}</span>}
          <time dateTime={m.at} title={exactly(m.at)}>{when(m.at)}</time>
          {m.delivery && <Receipt delivery={m.delivery} />}
        </p>
      </div>
    </div>
  );
}

/** Only web addresses become links; anything else is shown as it is. Nothing of other hosts is loaded into the page. */
function File({ url, name }: { url: string; name: string }) {
  const isWeb = /^https?:\/\//i.test(url);
  return isWeb
    ? <a href={url} target="_blank" rel="noopener noreferrer"><IconPaperclip size={13} aria-hidden />{name}<span className="unseen"> ({text.timeline.opensElsewhere})</span></a>
    : <span><IconPaperclip size={13} aria-hidden />{name}</span>;
}

function Receipt({ delivery }: { delivery: NonNullable<Message['delivery']> }) {
  const label = delivery.state === 'failed' && delivery.code ? text.timeline.failedWhy(delivery.code) : text.timeline.delivery[delivery.state];
  const Icon = delivery.state === 'failed' ? IconAlertTriangle : delivery.state === 'queued' ? IconClock : delivery.state === 'sent' ? IconCheck : IconChecks;
  return <span className="receipt" data-state={delivery.state} title={`${delivery.detail ? `${delivery.detail} · ` : ''}${exactly(delivery.at)}`}><Icon size={13} aria-hidden />{label}</span>;
}

function EventLine({ entry, customer, isMe }: { entry: Extract<Entry, { is: 'event' }>; customer: string; isMe: (actor: string) => boolean }) {
  const said = sentence(entry, customer, isMe);
  return said && <p className="event" data-type={entry.type}><span>{said}</span> <time dateTime={entry.at} title={exactly(entry.at)}>{when(entry.at)}</time></p>;
}
