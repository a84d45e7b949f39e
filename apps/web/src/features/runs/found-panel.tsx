import type { VerificationSummary } from "@millrace/shared";
import { ShieldCheck, ShieldX } from "lucide-react";
import { Panel } from "../../components/ui/panel.tsx";
import { Status } from "../../components/ui/status.tsx";
import { formatCount } from "../../lib/format.ts";
import { DigestTable } from "./digest-table.tsx";

const EQUAL = { tone: "good", icon: ShieldCheck, word: "Equal" } as const;
const DIFFERENT = { tone: "bad", icon: ShieldX, word: "Differs" } as const;

export interface FoundPanelProps {
  readonly found: VerificationSummary;
  /** Whether it is a load that failed for it; else a verification of what stands at both ends. */
  readonly isLoad: boolean;
}

/** What a verification of both ends came to, or that of a load before it was rolled back. */
export function FoundPanel({ found, isLoad }: FoundPanelProps) {
  return (
    <Panel title="Verification" actions={<Status {...(found.isEqual ? EQUAL : DIFFERENT)} isPill />}>
      <p className="text-sm text-ink-soft">{isLoad ? loadSentenceOf(found) : sentenceOf(found)}</p>
      <DigestTable source={found.sourceDigest} destination={found.destinationDigest} />
      <p className="mt-3 text-xs text-ink-faint">{isLoad ? HOW_LOADS_COMPARE : HOW_ENDS_COMPARE}</p>
    </Panel>
  );
}

const HOW_ENDS_COMPARE =
  "Each server hashed all rows of its table as they stood when the verification began: how many there are, and the sum and the exclusive or of their hashes. Rows that have changed at the source since the last run differ as well, and so do rows in quarantine and those that the pipeline keeps though the source has deleted them.";
const HOW_LOADS_COMPARE =
  "Each server hashed the rows of this run: the source those that were read, the destination those that had arrived. Then the run was rolled back, so the destination is as it was and there is nothing to repair. Look for what changes rows as they arrive, such as a trigger.";

function sentenceOf({ isEqual, differenceCount, keyColumns }: VerificationSummary): string {
  if (isEqual) return "Every row of the source stands in the destination as it is, and no other row.";
  if (differenceCount === null) {
    return "The two tables differ. They have no key that tells rows apart, so no rows can be named: run the pipeline, or give it a key.";
  }
  return `${keysText(differenceCount)}, by ${keyColumns.join(", ")}.`;
}

function loadSentenceOf({ differenceCount, keyColumns, chunk }: VerificationSummary): string {
  const where = chunk ? ` This is chunk ${chunk.number} of ${chunk.count}; the others may differ as well.` : "";
  if (differenceCount !== null) {
    return `What arrived is not what was read: ${keysText(differenceCount)}, by ${keyColumns.join(", ")}.${where}`;
  }
  const why =
    keyColumns.length === 0
      ? "Nothing tells the rows apart, so none can be named."
      : "The keys that differ could not be listed; the log says why.";
  return `What arrived is not what was read. ${why}${where}`;
}

const keysText = (count: number): string => (count === 1 ? "1 key differs" : `${formatCount(count)} keys differ`);
