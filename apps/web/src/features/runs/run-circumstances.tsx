import type { Run } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { CopyableId } from "../../components/ui/copyable-id.tsx";
import { Time } from "../../components/ui/time.tsx";
import { formatCount, formatDateTime, formatRows } from "../../lib/format.ts";
import { triggerPhrase } from "./run-status.tsx";

/** What started a run, who, when, and at which attempt it is. */
export function RunCircumstances({ run }: { readonly run: Run }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <span>
        {run.startTime === null ? "Asked for" : "Started"} {startInSentence(run)}{" "}
        <Time at={run.startTime ?? run.createdAt} />
      </span>
      {run.isBackfill && <span>· backfill</span>}
      {run.recordsFailed > 0 && (
        <span className="tabular">
          · {run.status === "success" && `${formatRows(run.recordsProcessed)}, `}
          {formatCount(run.recordsFailed)} set aside
        </span>
      )}
      {run.replays !== null && (
        <span>
          · replays rows of{" "}
          <Link to="/runs/$runId" params={{ runId: run.replays }} className="text-accent underline">
            this run
          </Link>
        </span>
      )}
      {run.undoes !== null && (
        <span>
          · undoes{" "}
          <Link to="/runs/$runId" params={{ runId: run.undoes }} className="text-accent underline">
            this run
          </Link>
        </span>
      )}
      {run.dueAt !== null && <span>· due {formatDateTime(new Date(run.dueAt))}</span>}
      {run.attempt > 0 && <span>· attempt {run.attempt}</span>}
      <span aria-hidden>·</span>
      <CopyableId id={run.id} label="run id" />
    </span>
  );
}

/** `by hand by Ada Miller`, `through the API by Ada Miller (token ci)`, `by Ada Miller to verify`. */
export function startInSentence({ trigger, triggeredByName }: Pick<Run, "trigger" | "triggeredByName">): string {
  const phrase = triggerPhrase(trigger);
  const how = `${phrase.charAt(0).toLowerCase()}${phrase.slice(1)}`;
  if (triggeredByName === null || trigger === "schedule") return how;
  return how.startsWith("to ") ? `by ${triggeredByName} ${how}` : `${how} by ${triggeredByName}`;
}
