import { type Digest, digestsEqual, type RunProof } from "@millrace/shared";
import { CircleSlash, Equal, EqualNot, ShieldCheck, ShieldX } from "lucide-react";
import { Panel } from "../../components/ui/panel.tsx";
import { Status } from "../../components/ui/status.tsx";
import { formatCount } from "../../lib/format.ts";

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
export function VerifiedPanel({ proof }: { readonly proof: RunProof }) {
  const verdict = verdictOf(proof);
  const { sourceDigest: source, destinationDigest: destination } = proof;
  return (
    <Panel title="Verification" actions={<Status {...VERDICTS[verdict]} isPill />}>
      <p className="text-sm text-ink-soft">{SENTENCES[verdict]}</p>
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

function DigestTable({ source, destination }: { readonly source: Digest; readonly destination: Digest }) {
  const Sign = digestsEqual(source, destination) ? Equal : EqualNot;
  return (
    <div className="mt-3 grid items-stretch gap-2 sm:grid-cols-[1fr_auto_1fr]">
      <DigestCard title="Source" digest={source} />
      <Sign
        role="img"
        aria-label={Sign === Equal ? "equals" : "differs from"}
        className={`size-4 self-center justify-self-center ${Sign === Equal ? "text-good" : "text-bad"}`}
      />
      <DigestCard title="Destination" digest={destination} />
    </div>
  );
}

function DigestCard({ title, digest }: { readonly title: string; readonly digest: Digest }) {
  return (
    <div className="min-w-0 rounded-md border border-line bg-sunken px-3 py-2.5">
      <h3 className="text-xs font-medium text-ink-soft">{title}</h3>
      <dl className="mt-1.5 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1 text-xs">
        <dt className="text-ink-faint">Rows</dt>
        <dd className="tabular text-right font-mono">{formatCount(digest.rowCount)}</dd>
        <dt className="text-ink-faint">Sum</dt>
        <dd className="tabular text-right font-mono break-all">{digest.sum}</dd>
        <dt className="text-ink-faint">Xor</dt>
        <dd className="tabular text-right font-mono break-all">{digest.xor}</dd>
      </dl>
    </div>
  );
}
