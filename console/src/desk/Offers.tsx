import { Button, Progress } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import { serverNow } from '../api/client';
import { offerTo } from '../api/optional';
import type { Conversation } from '../api/types';
import { useNow } from '../live/clock';
import { customerName, span } from '../parts/format';
import { ChannelMark, DueMark, PriorityMark } from '../parts/marks';
import { useKeys } from '../shell/keys';
import { useLive } from '../shell/live';
import { text } from '../text';

const t = text.offers;

/** What is offered to this agent now, with the time left to answer. On top of every list: it is what cannot wait. */
export function Offers({ version, onOpen }: { version: number; onOpen: (id: string) => void }) {
  const { store, actions } = useLive();
  useNow();
  const offered = useMemo(() => {
    const found: { c: Conversation; id: string; expires: number }[] = [];
    for (const c of store.rows.values()) {
      const offer = offerTo(c, actions.me);
      if (offer) found.push({ c, id: offer.id, expires: Date.parse(offer.expiresAt) });
    }
    return found.sort((a, b) => a.expires - b.expires);
  }, [store, actions.me, version]);
  const live = offered.filter((o) => o.expires > serverNow());
  const accept = async (offer: (typeof live)[number]) => {
    if ((await actions.acceptOffer(offer.c, offer.id)) !== undefined) onOpen(offer.c.id);
  };
  const first = live[0];
  useKeys({ y: first && (() => void accept(first)), x: first && (() => void actions.rejectOffer(first.c, first.id)) });
  useEffect(() => {
    if (live.length === 0) return;
    const title = document.title;
    document.title = t.title(live.length);
    return () => {
      document.title = title;
    };
  }, [live.length]);
  return (
    <>
    <p className="unseen" role="status">{live.length > 0 ? t.title(live.length) : ''}</p>
    <div className="offers">
      {live.map((offer) => (
        <section key={offer.id} className="offer" aria-label={t.label(customerName(offer.c))}>
          <p className="row-top"><b className="row-name">{customerName(offer.c)}</b><ChannelMark c={offer.c} /><PriorityMark priority={offer.c.priority} /><span className="row-time">{t.left(span(offer.expires - serverNow()))}</span></p>
          <p className="row-text">{offer.c.lastMessage?.text}</p>
          <Countdown until={offer.expires} />
          <p className="offer-foot">
            <DueMark sla={offer.c.sla} />
            <Button size="compact-sm" variant="default" onClick={() => void actions.rejectOffer(offer.c, offer.id)}>{t.reject}</Button>
            <Button size="compact-sm" onClick={() => void accept(offer)}>{t.accept}</Button>
          </p>
        </section>
      ))}
    </div>
    </>
  );
}

/** Of a minute: what is left, as a length. The seconds beside it say the same. */
function Countdown({ until }: { until: number }) {
  return <Progress size={3} value={Math.min(100, (100 * (until - serverNow())) / 60_000)} aria-hidden transitionDuration={0} />;
}
