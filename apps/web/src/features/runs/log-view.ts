import type { LogLevel } from "@millrace/shared";
import { stringifySearch } from "../../lib/search-params.ts";

/** How a log is looked at. All of it is in the address, so that a link shows the same. */
export interface LogView {
  /** The lowest level that is shown; all of it when left out. */
  readonly level?: LogLevel | undefined;
  /** What is looked for. */
  readonly find?: string | undefined;
  /** The line that is selected. */
  readonly line?: number | undefined;
  /** Long lines go on below unless this says otherwise. */
  readonly wrap?: "off" | undefined;
  /** Times are the browser's unless this says otherwise. */
  readonly time?: "utc" | undefined;
}

/** The address of this page with that line selected. */
export const lineHref = ({ level, find, wrap, time }: LogView, line: number): string =>
  stringifySearch({ level, find, wrap, time, line });
