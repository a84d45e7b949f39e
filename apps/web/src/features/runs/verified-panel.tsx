import type { Run, RunProof } from "@millrace/shared";
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

const REPLAY_SENTENCES = {
  verified: "The rows that this run brought stand in the destination as they were held, with what was edited in them.",
  differs: "What stood in the destination differed from what was held, so nothing was changed.",
  counted: "As many rows stand in the destination as were brought. What they hold was not compared.",
  unverified: "Nothing was compared: verification was off for this run.",
} as const;

/** Of rows that were recorded as brought before digests of them were. */
const UNKNOWN = "An earlier replay had brought some of these rows without taking their digest.";

function sentenceOf({ trigger }: Pick<Run, "trigger">, { verification }: RunProof, verdict: keyof typeof VERDICTS) {
  if (trigger !== "replay") return SENTENCES[verdict];
  return verdict === "unverified" && verification === null ? UNKNOWN : REPLAY_SENTENCES[verdict];
}

/** What held of a run: the counts alone prove less than the digests, and are never called verified. */
function verdictOf({ isVerified, verification }: RunProof): keyof typeof VERDICTS {
  if (isVerified !== null) return isVerified ? "verified" : "differs";
  return verification === "count" ? "counted" : "unverified";
}

interface VerifiedPanelProps {
  readonly run: Pick<Run, "trigger" | "recordsFailed">;
  readonly proof: RunProof;
}

/** What a finished run can prove: counts and digests of both ends, or of rows as they were held and as they stand, side by side. */
export function VerifiedPanel({ run, proof }: VerifiedPanelProps) {
  const isReplay = run.trigger === "replay";
  const verdict = verdictOf(proof);
  const { sourceDigest: source, destinationDigest: destination } = proof;
  return (
    <Panel title="Verification" actions={<Status {...VERDICTS[verdict]} isPill />}>
      <p className="text-sm text-ink-soft">
        {sentenceOf(run, proof, verdict)}
        {verdict === "verified" &&
          run.recordsFailed > 0 &&
          ` The ${formatRows(run.recordsFailed)} set aside were taken out of the comparison.`}
      </p>
      {source && destination && (
        <>
          <DigestTable source={source} destination={destination} sourceTitle={isReplay ? "Held rows" : "Source"} />
          <p className="mt-3 text-xs text-ink-faint">
            {isReplay
              ? "The destination's server hashed these rows twice, as they were held and as they stand in its table"
              : "Each server hashed these rows by itself"}
            : how many there are, and the sum and the exclusive or of their hashes, which do not depend on the order.
            Both sides agree only when every row arrived once and unchanged.
          </p>
        </>
      )}
    </Panel>
  );
}
