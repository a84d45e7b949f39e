import type { Capabilities } from "@millrace/engine";
import type { Harness } from "./harness.ts";

export type Area =
  | "lifecycle"
  | "discover"
  | "types"
  | "resume"
  | "write modes"
  | "evolution"
  | "cancellation"
  | "errors"
  | "safety"
  | "volume";

/** One promise of the contract. It holds when `run` resolves. */
export interface ConformanceCase {
  readonly side: "source" | "destination";
  readonly area: Area;
  /** A sentence. */
  readonly name: string;
  /** Where the connector lacks it, `refusal` runs in place of `run`. */
  readonly needs?: keyof Capabilities;
  readonly run: (harness: Harness) => Promise<void>;
  /** The negative case: what is asked for is refused with `UNSUPPORTED`, and nothing was touched. */
  readonly refusal?: (harness: Harness) => Promise<void>;
}

/** The case as it concerns this connector; null where it asks for what the connector does not claim to have. */
export function caseFor(
  { needs, name, run, refusal }: ConformanceCase,
  { connector }: Harness,
): Pick<ConformanceCase, "name" | "run"> | null {
  if (needs === undefined || connector.capabilities[needs]) return { name, run };
  return refusal ? { name: `without ${needs}, refused before anything is touched: ${name}`, run: refusal } : null;
}
