import type { RunProof } from "@millrace/shared";
import { CircleSlash, Equal, ShieldCheck, ShieldX } from "lucide-react";
import { Panel } from "../../components/ui/panel.tsx";
import { Status } from "../../components/ui/status.tsx";
import { formatRows } from "../../lib/format.ts";
import { DigestTable } from "./digest-table.tsx";

const VERDICTS = {
  verified: { tone: "good", icon: ShieldCheck, word: "Verified" },
  differs: { tone: "bad", icon: ShieldX, word: "Differs" },
  counted: { tone: "neutral", icon: Equal, word: "Counts equal" },
  unverified: { tone: "neutral", icon: CircleSlash, word: "Not verified" },
} as const;

const SENTENCES = {
  verified: "The rows that this run read stand in the destination as they stood in the source.",
  differs: "Source and destination differ, so nothing was published.",
  counted: "As many rows arrived as were read. What they hold was not compared.",
  unverified: "Nothing was compared: verification was off for this run.",
} as const;

/** What held of a run: the counts alone prove less than the digests, and are never called verified. */
function verdictOf({ isVerified, verification }: RunProof): keyof typeof VERDICTS {
  if (isVerified !== null) return isVerified ? "verified" : "differs";
  return verification === "count" ? "counted" : "unverified";
}

/** What a finished run can prove: counts and digests of both ends, side by side. */
export function VerifiedPanel({ proof, setAside }: { readonly proof: RunProof; readonly setAside: number }) {
  const verdict = verdictOf(proof);
  const { sourceDigest: source, destinationDigest: destination } = proof;
  return (
    <Panel title="Verification" actions={<Status {...VERDICTS[verdict]} isPill />}>
      <p className="text-sm text-ink-soft">
        {SENTENCES[verdict]}
        {verdict === "verified" &&
          setAside > 0 &&
          ` The ${formatRows(setAside)} set aside were taken out of the comparison.`}
      </p>
      {source && destination && (
        <>
          <DigestTable source={source} destination={destination} />
          <p className="mt-3 text-xs text-ink-faint">
            Each server hashed these rows by itself: how many there are, and the sum and the exclusive or of their
            hashes, which do not depend on the order. Both sides agree only when every row arrived once and unchanged.
          </p>
        </>
      )}
    </Panel>
  );
}
