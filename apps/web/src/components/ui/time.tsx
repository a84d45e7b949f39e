import { formatExactly, formatRelative } from "../../lib/format.ts";
import { useNow } from "../../lib/now.ts";

export interface TimeProps {
  /** ISO 8601. */
  readonly at: string;
  /** What kind of moment it is: when clocks differ a little, what happened never seems to lie ahead, nor the other way round. */
  readonly tense?: "past" | "future";
}

/** A moment, relative to now and kept so; the exact time here and in UTC on hover. */
export function Time({ at, tense = "past" }: TimeProps) {
  const now = useNow();
  const moment = new Date(at);
  const isAhead = moment > now;
  const shown = isAhead === (tense === "future") ? moment : now;
  return (
    <time dateTime={at} title={formatExactly(moment)} className="whitespace-nowrap">
      {formatRelative(shown, now, tense)}
    </time>
  );
}
