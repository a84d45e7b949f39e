import { type Digest, digestsEqual } from "@millrace/shared";
import { Equal, EqualNot } from "lucide-react";
import { formatCount } from "../../lib/format.ts";

interface DigestTableProps {
  readonly source: Digest;
  readonly destination: Digest;
  /** What the source's side is called. Default `Source`. */
  readonly sourceTitle?: string;
}

/** The digests of both ends side by side, and whether they are the same. */
export function DigestTable({ source, destination, sourceTitle = "Source" }: DigestTableProps) {
  const Sign = digestsEqual(source, destination) ? Equal : EqualNot;
  return (
    <div className="mt-3 grid items-stretch gap-2 sm:grid-cols-[1fr_auto_1fr]">
      <DigestCard title={sourceTitle} digest={source} />
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
