import type { DifferenceKind } from "@millrace/shared";
import type { LogView } from "./log-view.ts";

/** How a run is looked at. All of it is in the address. */
export interface RunView extends LogView {
  /** Of a verification: the rows that differ in this way; all of them when left out. */
  readonly differs?: DifferenceKind | undefined;
}

/** Written out, since the route's own code is with every page and the schema would bring its library along. */
export const DIFFERS = ["missing", "unexpected", "different"] as const satisfies readonly DifferenceKind[];
