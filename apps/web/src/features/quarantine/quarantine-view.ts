import type { QuarantineState } from "@millrace/shared";

/** Which of a run's quarantined rows are shown, and which of them is open. All of it is in the address. */
export interface QuarantineView {
  readonly aside?: QuarantineState | undefined;
  readonly code?: string | undefined;
  /** A column by its name; `-` for the rows whose refusal speaks of none. */
  readonly column?: string | undefined;
  /** Part of the key. */
  readonly key?: string | undefined;
  /** The id of the row that is open. */
  readonly row?: string | undefined;
}

/** Written out, since the route's own code is with every page and the schema would bring its library along. */
export const QUARANTINE_STATES = ["held", "replayed", "discarded"] as const satisfies readonly QuarantineState[];

export const NO_COLUMN = "-";

/** The view's filters as the procedures take them. */
export const filtersOf = ({ code, column, key }: QuarantineView) => ({
  ...(code === undefined ? {} : { code }),
  ...(column === undefined ? {} : { column: column === NO_COLUMN ? "" : column }),
  ...(key === undefined ? {} : { search: key }),
});
