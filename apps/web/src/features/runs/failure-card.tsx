import type { RunDetail, RunFailure } from "@millrace/shared";
import { OctagonX } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { CopyButton } from "../../components/ui/copy-button.tsx";
import { stageName } from "./stage-track.tsx";

const SIDES: Record<RunFailure["side"], string> = {
  source: "Source",
  destination: "Destination",
  millrace: "Millrace",
};

export interface FailureCardProps {
  readonly failure: RunFailure;
  readonly run: RunDetail;
  /** Shows the lines of the log that tell of it. */
  readonly onShowLog: () => void;
}

/** Why a run failed: the cause in one line, where to look, and what to do. */
export function FailureCard({ failure, run, onShowLog }: FailureCardProps) {
  const stage = run.stages.at(-1)?.stage;
  return (
    <section aria-label="Failure" className="rounded-lg border border-bad/40 bg-bad-wash p-4">
      <div className="flex gap-3">
        <OctagonX aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
        <div className="min-w-0 flex-1">
          <h2 className="text-base font-semibold break-words">{failure.message}</h2>
          <p className="mt-1 text-sm text-ink-soft">{failure.hint}</p>
          <div className="mt-3 flex flex-wrap items-center gap-x-5 gap-y-2 text-xs">
            <Detail name="Where to look">{SIDES[failure.side]}</Detail>
            {stage && <Detail name="Stage">{stageName(stage)}</Detail>}
            <span>
              <span className="text-ink-soft">Code: </span>
              <code className="font-mono">{failure.code}</code>
            </span>
            <span className="flex flex-wrap gap-2">
              <Button size="small" onClick={onShowLog}>
                Show in the log
              </Button>
              <CopyButton text={detailsOf(failure, run)} label="Copy details" />
            </span>
          </div>
        </div>
      </div>
    </section>
  );
}

function Detail({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <span>
      <span className="text-ink-soft">{name}: </span>
      <span className="font-medium">{children}</span>
    </span>
  );
}

/** What whoever is asked for help wants to know; names and counts, no values. */
function detailsOf(failure: RunFailure, run: RunDetail): string {
  const stage = run.stages.at(-1)?.stage;
  return [
    `${failure.code} (${failure.side}${stage ? `, in the stage ${stage}` : ""})`,
    failure.message,
    failure.hint,
    `pipeline ${run.pipelineName} ${run.pipelineId}`,
    `run ${run.id}, attempt ${run.attempt}, started ${run.startTime ?? "never"}, ended ${run.endTime ?? "never"}`,
  ].join("\n");
}
