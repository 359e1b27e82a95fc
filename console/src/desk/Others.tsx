import type { Conversation } from '../api/types';
import { IconEye, IconPencil } from '../parts/icons';
import { useLive, useOthers } from '../shell/live';
import { useSession } from '../shell/session';
import { text } from '../text';

/** Colleagues who are at this conversation too: two answers to one customer begin here. */
export function Others({ c }: { c: Conversation }) {
  const { caller } = useSession();
  const { actions } = useLive();
  const others = useOthers(c.id).filter((a) => a.who.id !== (caller.agent ?? caller.id) && !actions.isMe(a.who.id));
  const named = (state: string) => others.filter((a) => a.state === state).map((a) => (a.who.kind === 'agent' || a.who.kind === 'supervisor' ? a.who.id : (text.actor[a.who.kind] ?? a.who.id)));
  const [typing, viewing] = [named('typing'), named('viewing')];
  return (
    <span className="others" role="status">
      {typing.length > 0 && <span data-typing><IconPencil size={13} aria-hidden />{text.pane.typing(typing)}</span>}
      {viewing.length > 0 && <span><IconEye size={13} aria-hidden />{text.pane.viewing(viewing)}</span>}
    </span>
  );
}
