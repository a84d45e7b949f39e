import { MAX_QUARANTINE_KINDS, type QuarantineSummary } from "@millrace/shared";
import type { filtersOf } from "./quarantine-view.ts";

/** How many held rows the filters match; null where the summary cannot tell: a search, or more kinds than it lists. */
export function heldThatMatch(
  { kinds, states }: Pick<QuarantineSummary, "kinds" | "states">,
  { code, column, search }: ReturnType<typeof filtersOf>,
): number | null {
  if (code === undefined && column === undefined && search === undefined) return states.held;
  if (search !== undefined || kinds.length >= MAX_QUARANTINE_KINDS) return null;
  return kinds
    .filter(
      (kind) => (code === undefined || kind.code === code) && (column === undefined || (kind.column ?? "") === column),
    )
    .reduce((sum, { held }) => sum + held, 0);
}
