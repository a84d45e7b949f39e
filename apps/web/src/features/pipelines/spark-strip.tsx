import type { RunStatus } from "@millrace/shared";
import { classNames } from "../../lib/class-names.ts";

const PLACES = 10;

interface Look {
  readonly className: string;
  readonly word: string;
}

/** Heights differ as well as colours: what failed stands out to everybody. */
const LOOKS: Record<RunStatus, Look> = {
  success: { className: "h-4 bg-good/75", word: "succeeded" },
  failed: {
    className: "h-4 bg-bad [clip-path:polygon(0_0,100%_0,100%_38%,0_38%,0_56%,100%_56%,100%_100%,0_100%)]",
    word: "failed",
  },
  cancelled: { className: "h-2 bg-line-strong", word: "cancelled" },
  running: { className: "h-3 bg-accent", word: "running" },
  pending: { className: "h-2 bg-accent/50", word: "waiting" },
};

/** How the last ten runs went, oldest on the left. `recentRuns` is newest first. */
export function SparkStrip({ recentRuns }: { readonly recentRuns: readonly RunStatus[] }) {
  const text = describe(recentRuns);
  return (
    <span role="img" aria-label={text} title={text} className="inline-flex h-4 items-end gap-0.5 align-middle">
      {Array.from({ length: PLACES }, (_, place) => {
        const status = recentRuns[PLACES - 1 - place];
        return (
          <span
            key={place}
            className={classNames("w-1.5 rounded-xs", status === undefined ? "h-1 bg-line" : LOOKS[status].className)}
          />
        );
      })}
    </span>
  );
}

/** `Last 10 runs: 8 succeeded, 2 failed`. */
export function describe(recentRuns: readonly RunStatus[]): string {
  if (recentRuns.length === 0) return "No runs yet";
  const counts = (Object.keys(LOOKS) as RunStatus[]).flatMap((status) => {
    const count = recentRuns.filter((each) => each === status).length;
    return count === 0 ? [] : [`${count} ${LOOKS[status].word}`];
  });
  const runs = recentRuns.length === 1 ? "Last run" : `Last ${recentRuns.length} runs`;
  return `${runs}: ${counts.join(", ")}`;
}
