import type { DueExplanation } from '../api/optional';
import { text } from '../text';
import { span, when } from './format';

const t = text.why;

/** The open time a promise takes, and what was passed over. */
export function Explanation({ of }: { of: DueExplanation }) {
  return (
    <div className="why">
      <p>{t.counted(span(of.seconds * 1000), when(of.start), of.due ? when(of.due) : t.notYet, of.timezone)}</p>
      <ul>
        {of.segments.map((s) => <li key={s.from}>{t.open(when(s.from), when(s.to), span(s.seconds * 1000))}</li>)}
        {of.skipped.map((s, i) => <li key={i}>{t.skipped(t.reasons[s.reason] ?? s.reason, s.name ?? s.date ?? '', span(s.seconds * 1000))}</li>)}
      </ul>
    </div>
  );
}
