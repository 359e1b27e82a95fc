import { serverNow } from '../api/client';
import { useNow } from '../live/clock';
import { span } from '../parts/format';
import { useLive, useVersion } from '../shell/live';
import { Connection } from '../shell/Connection';
import { text } from '../text';

const t = text.operate;

export function FeedFacts() {
  const { store } = useLive();
  useVersion();
  useNow();
  const figures = store.figures;
  return (
    <dl className="facts">
      <dt>{t.feedState}</dt><dd><Connection /></dd>
      <dt>{t.held}</dt><dd>{store.rows.size.toLocaleString()}</dd>
      <dt>{t.events}</dt><dd>{(figures?.events ?? 0).toLocaleString()}</dd>
      <dt>{t.heard}</dt><dd>{figures?.lastHeard ? span(serverNow() - figures.lastHeard) : '–'}</dd>
      <dt>{t.connections}</dt><dd>{figures?.connections ?? 0}</dd>
      <dt>{t.gaps}</dt><dd>{store.gaps.seen}</dd>
      <dt>{t.resets}</dt><dd>{figures?.resets ?? 0}</dd>
    </dl>
  );
}
