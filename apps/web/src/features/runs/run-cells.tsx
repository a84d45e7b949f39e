import type { Run } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { ShieldCheck, ShieldX } from "lucide-react";
import { formatCount, formatDuration, formatElapsed } from "../../lib/format.ts";
import { useSecondsMs } from "../../lib/now.ts";
import { elapsedMs } from "./run-figures.ts";

const NOTHING = <span className="text-ink-faint">—</span>;

/** How long a run took, or has taken so far. */
export function RunDuration({ run }: { readonly run: Run }) {
  const isTicking = run.status === "running";
  const elapsed = elapsedMs(run, useSecondsMs(isTicking));
  if (elapsed === null) return NOTHING;
  return (
    <span className="tabular whitespace-nowrap">{isTicking ? formatElapsed(elapsed) : formatDuration(elapsed)}</span>
  );
}

/** How many rows a run has moved, or has read so far. */
export function RunRows({ run }: { readonly run: Run }) {
  return (
    <span className="tabular">
      {formatCount(run.status === "running" ? (run.progress?.rows ?? 0) : run.recordsProcessed)}
      {run.recordsFailed > 0 && (
        <>
          ,{" "}
          <Link
            to="/runs/$runId"
            params={{ runId: run.id }}
            className="rounded-sm whitespace-nowrap text-warn hover:underline"
          >
            {formatCount(run.recordsFailed)} set aside
          </Link>
        </>
      )}
    </span>
  );
}

/** Null where that was not compared, or nobody got so far. */
function isEqualOf({ trigger, status, failure, proof }: Run): boolean | null {
  if (trigger !== "verify") return proof?.isVerified ?? (failure?.code === "DIGEST_MISMATCH" ? false : null);
  if (status === "success") return true;
  return failure?.code === "ROWS_DIFFER" ? false : null;
}

/** Whether both ends were compared, and agreed. */
export function RunVerdict({ run }: { readonly run: Run }) {
  const { proof } = run;
  const isVerified = isEqualOf(run);
  if (isVerified === null) return proof?.verification === "count" ? "Counts equal" : NOTHING;
  const Icon = isVerified ? ShieldCheck : ShieldX;
  return (
    <span className={`inline-flex items-center gap-1.5 align-middle ${isVerified ? "text-good" : "text-bad"}`}>
      <Icon aria-hidden className="size-3.5" />
      {isVerified ? "Verified" : "Differs"}
    </span>
  );
}
