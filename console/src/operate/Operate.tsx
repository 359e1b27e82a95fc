import { useApiHas } from '../api/optional';
import { text } from '../text';
import { useSession } from '../shell/session';
import { useMaybeLive } from '../shell/live';
import { Channels } from './Channels';
import { DeadLetters } from './DeadLetters';
import { FeedFacts } from './FeedFacts';
import { Health } from './Health';
import { Nodes } from './Nodes';

export default function Operate() {
  const { caller } = useSession();
  const live = useMaybeLive();
  const hasNodes = useApiHas('/v1/nodes');
  return (
    <main className="operate">
      <h1 className="unseen">{text.operate.title}</h1>
      <div className="operate-top">
        <section className="card" aria-label={text.operate.health}><h2>{text.operate.health}</h2><Health /></section>
        <section className="card" aria-label={text.operate.feed}><h2>{text.operate.feed}</h2>{live ? <FeedFacts /> : <p className="empty">{text.operate.noFeed}</p>}</section>
        {caller.role !== 'operator' && <section className="card" aria-label={text.operate.channels}><h2>{text.operate.channels}</h2><Channels /></section>}
      </div>
      {hasNodes && <section className="card" aria-label={text.operate.nodes}><h2>{text.operate.nodes}</h2><Nodes /></section>}
      <section className="card" aria-label={text.operate.deadLetters}><h2>{text.operate.deadLetters}</h2><DeadLetters /></section>
    </main>
  );
}
