import type { HeldRow, QuarantinedRow, RefusedAgain } from "@millrace/engine";

/** What a run's process asks of its worker, which alone reaches the platform's store. One at a time of each run. */
export type Question =
  | { readonly kind: "forgetQuarantine" }
  | { readonly kind: "keepRows"; readonly rows: readonly QuarantinedRow[] }
  | { readonly kind: "heldRows"; readonly after: string | null }
  | { readonly kind: "settleRows"; readonly replayed: readonly string[]; readonly refused: readonly RefusedAgain[] };

/** Rows for `heldRows`, else none. It comes once what was asked is kept for good. */
export type Answer = readonly HeldRow[];
