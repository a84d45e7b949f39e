import { isRunActive, type Run } from "@millrace/shared";
import { Facts, Figure } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { ProgressBar } from "../../components/ui/progress-bar.tsx";
import { formatBytes, formatCount, formatDuration, formatElapsed, formatRate } from "../../lib/format.ts";
import { useSecondsMs } from "../../lib/now.ts";
import { copiedShare, elapsedMs, rateOf, remainingMs } from "./run-figures.ts";
import { StageTrack } from "./stage-track.tsx";

const NOTHING = <span className="font-normal text-ink-faint">—</span>;

const BAR_TONES = {
  pending: "neutral",
  running: "accent",
  success: "good",
  failed: "bad",
  cancelled: "neutral",
} as const;

/** How far a run is, or was: its stages and its figures, moving while it runs. */
export function RunMeter({ run }: { readonly run: Run }) {
  const isActive = isRunActive(run.status);
  const nowMs = useSecondsMs(isActive);
  const share = run.status === "pending" ? 0 : copiedShare(run);
  const elapsed = elapsedMs(run, nowMs);
  const remaining = remainingMs(run);
  const rate = rateOf(run);
  const isPublished = run.status === "success" && run.trigger !== "verify";
  const rows = isPublished ? run.recordsProcessed : (run.progress?.rows ?? run.recordsProcessed);
  const bytes = run.proof?.bytes ?? run.progress?.bytes ?? null;
  return (
    <Panel title="Progress">
      <div className="flex flex-col gap-4">
        <StageTrack run={run} nowMs={nowMs} />
        {(isActive || share !== null) && (
          <ProgressBar
            label={run.trigger === "verify" ? "Compared" : "Copied"}
            share={share}
            text={barText(run, share)}
            tone={BAR_TONES[run.status]}
          />
        )}
        <Facts layout="grid">
          <Figure name="Rows" note={rowsNote(run, rows)}>
            {formatCount(rows)}
          </Figure>
          {run.trigger !== "verify" && run.trigger !== "replay" && (
            <>
              <Figure name="Bytes">{bytes === null ? NOTHING : formatBytes(bytes)}</Figure>
              <Figure name="Rate">{rate === null ? NOTHING : formatRate(rate)}</Figure>
            </>
          )}
          <Figure
            name={isActive ? "Elapsed" : "Duration"}
            note={remaining !== null && `about ${formatElapsed(remaining)} left`}
          >
            {elapsed === null ? NOTHING : isActive ? formatElapsed(elapsed) : formatDuration(elapsed)}
          </Figure>
        </Facts>
      </div>
    </Panel>
  );
}

function rowsNote(run: Run, rows: number): string | undefined {
  const total = run.progress?.totalRows ?? null;
  if (run.recordsFailed > 0) return `${formatCount(run.recordsFailed)} set aside`;
  if (run.trigger === "verify") return rows > 0 ? "at the source" : undefined;
  if (isRunActive(run.status)) return total === null ? undefined : `of about ${formatCount(Math.round(total))}`;
  return run.status !== "success" && rows > 0 ? "read, none published" : undefined;
}

function barText(run: Run, share: number | null): string {
  if (run.status === "pending") return "Waiting for a worker";
  if (run.trigger === "verify") return "Comparing both ends";
  if (share === null) return `${formatCount(run.progress?.rows ?? 0)} rows so far`;
  return `${Math.round(share * 100)} %`;
}
