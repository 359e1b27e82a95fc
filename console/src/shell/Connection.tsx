import { Tooltip } from '@mantine/core';
import { serverNow } from '../api/client';
import { useNow } from '../live/clock';
import { clockTime, span } from '../parts/format';
import { text } from '../text';
import { useLive, useVersion } from './live';

/** What is true of the connection, always in sight. */
export function Connection() {
  const { store } = useLive();
  useVersion();
  const { feedState, loading } = store;
  const t = text.connection;
  if (loading.phase === 'failed') return <State tone="bad" label={t.failed} />;
  switch (feedState.is) {
    case 'connecting':
      return <State tone="busy" label={t.connecting} />;
    case 'catchingUp':
      return <State tone="busy" label={t.catchingUp} hint={t.catchingUpHint(clockTime(feedState.since))} />;
    case 'live':
      return loading.phase === 'done'
        ? <State tone="good" label={t.live} hint={loading.cut ? t.cut(loading.loaded) : t.liveHint} />
        : <State tone="busy" label={t.loading(store.rows.size)} />;
    case 'reconnecting':
      return <Reconnecting since={feedState.since} nextTry={feedState.nextTry} />;
    case 'stopped':
      return <State tone="bad" label={t.stopped} />;
  }
}

function Reconnecting({ since, nextTry }: { since: number; nextTry: number }) {
  useNow();
  return <State tone="bad" label={text.connection.reconnecting(clockTime(since))} hint={text.connection.reconnectingHint(span(nextTry - serverNow()))} />;
}

function State({ tone, label, hint }: { tone: 'good' | 'busy' | 'bad'; label: string; hint?: string }) {
  const state = <span className="connection" data-tone={tone} role="status"><span className="dot" aria-hidden="true" /><span className="connection-label">{label}</span></span>;
  return hint ? <Tooltip label={hint} multiline maw={260}>{state}</Tooltip> : state;
}
