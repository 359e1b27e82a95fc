import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type RoutingExplanation, type SlaExplanation, useApiHas } from '../api/optional';
import type { Conversation } from '../api/types';
import { Explanation } from '../parts/Explanation';
import { clockTime, span, when } from '../parts/format';
import { useSession } from '../shell/session';
import { text } from '../text';

const t = text.why;

export const useCanExplain = () => {
  const [routing, sla] = [useApiHas('/v1/conversations/{id}/routing'), useApiHas('/v1/conversations/{id}/sla')];
  return { routing, sla, any: routing || sla };
};

/** "Why is this here, and why is it due then?" always has an answer (conversation.md 5, sla.md R-CA6). */
export function WhyDialog({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const can = useCanExplain();
  return (
    <Modal opened onClose={onClose} title={t.title} size="lg" closeButtonProps={{ 'aria-label': text.close }}>
      {can.routing && <Routing c={c} />}
      {can.sla && <Promises c={c} />}
    </Modal>
  );
}

function Routing({ c }: { c: Conversation }) {
  const { api } = useSession();
  const answer = useQuery({ queryKey: ['why', c.id, c.seq], queryFn: ({ signal }) => api.get<RoutingExplanation>(`/v1/conversations/${encodeURIComponent(c.id)}/routing`, signal) });
  if (!answer.data) return <p className="empty">{answer.isError ? t.failed : text.loading}</p>;
  const { state, reason, since, why, offers } = answer.data;
  return (
    <section className="why">
      <h3>{t.routing}</h3>
      <ul>
        <li>{t.states[state] ?? state}{reason ? ` (${reason})` : ''}{since && state !== 'assigned' ? ` · ${t.since(when(since))}` : ''}</li>
        {why && <li>{t.position(why.position)}</li>}
        {why && why.boost > 0 && <li>{t.boost(span(why.boost * 1000), why.boosts.map((b) => b.reason).filter(Boolean).join(', '))}</li>}
        {why && why.skills.length > 0 && <li>{t.skills(why.skills.map((s) => `${s.skill} ≥ ${s.minLevel}`).join(', '))}</li>}
        {why?.waitsFor && <li>{t.waitsFor(why.waitsFor)}</li>}
        {why && <li>{t.eligible(why.eligible)}{Object.entries(why.notNow).map(([code, n]) => `; ${n} ${t.notNow[code] ?? code}`).join('')}</li>}
      </ul>
      {offers.length > 0 && <><h4>{t.offers}</h4><ul>{offers.map((o) => <li key={o.offer + o.agent}>{o.agent}: {t.outcomes[o.outcome] ?? o.outcome}{o.reason ? ` (${o.reason})` : ''} <time dateTime={o.endedAt}>{clockTime(o.endedAt)}</time></li>)}</ul></>}
    </section>
  );
}

function Promises({ c }: { c: Conversation }) {
  const { api } = useSession();
  const answer = useQuery({ queryKey: ['why-sla', c.id, c.seq], queryFn: ({ signal }) => api.get<SlaExplanation>(`/v1/conversations/${encodeURIComponent(c.id)}/sla`, signal) });
  if (!answer.data) return <p className="empty">{answer.isError ? t.failed : text.loading}</p>;
  return (
    <section className="why">
      <h3>{t.promises}</h3>
      {answer.data.clocks.length === 0 && <p>{t.nothing}</p>}
      {answer.data.clocks.map(({ metric, explanation }) => explanation && (
        <div key={metric}>
          <h4>{text.metric[metric] ?? metric}</h4>
          <Explanation of={explanation} />
        </div>
      ))}
    </section>
  );
}
