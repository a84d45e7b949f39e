import type { VerificationSummary } from "@millrace/shared";
import { ShieldCheck, ShieldX } from "lucide-react";
import { Panel } from "../../components/ui/panel.tsx";
import { Status } from "../../components/ui/status.tsx";
import { formatCount } from "../../lib/format.ts";
import { DigestTable } from "./digest-table.tsx";

const EQUAL = { tone: "good", icon: ShieldCheck, word: "Equal" } as const;
const DIFFERENT = { tone: "bad", icon: ShieldX, word: "Differs" } as const;

/** What a verification of both ends came to. */
export function FoundPanel({ found }: { readonly found: VerificationSummary }) {
  return (
    <Panel title="Verification" actions={<Status {...(found.isEqual ? EQUAL : DIFFERENT)} isPill />}>
      <p className="text-sm text-ink-soft">{sentenceOf(found)}</p>
      <DigestTable source={found.sourceDigest} destination={found.destinationDigest} />
      <p className="mt-3 text-xs text-ink-faint">
        Each server hashed all rows of its table as they stood when the verification began: how many there are, and the
        sum and the exclusive or of their hashes. Rows that have changed at the source since the last run differ as
        well, and so do rows in quarantine and those that the pipeline keeps though the source has deleted them.
      </p>
    </Panel>
  );
}

function sentenceOf({ isEqual, differenceCount, keyColumns }: VerificationSummary): string {
  if (isEqual) return "Every row of the source stands in the destination as it is, and no other row.";
  if (differenceCount === null) {
    return "The two tables differ. They have no key that tells rows apart, so no rows can be named: run the pipeline, or give it a key.";
  }
  const keys = differenceCount === 1 ? "1 key differs" : `${formatCount(differenceCount)} keys differ`;
  return `${keys}, by ${keyColumns.join(", ")}.`;
}
