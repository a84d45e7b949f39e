import type { Run, RunStage, RunStageTime } from "@millrace/shared";
import { Check, Circle, CircleDot, type LucideIcon, Minus, X } from "lucide-react";
import { Fragment } from "react";
import { classNames } from "../../lib/class-names.ts";
import { formatDuration, formatElapsed, formatExactly } from "../../lib/format.ts";
import { type StageState, stageMs, stageStates } from "./run-figures.ts";

const NAMES: Record<RunStage, string> = { plan: "Plan", copy: "Copy", verify: "Verify", publish: "Publish" };

export const stageName = (stage: RunStage): string => NAMES[stage];

const LOOKS: Record<StageState, { readonly icon: LucideIcon; readonly text: string; readonly says: string }> = {
  done: { icon: Check, text: "text-good", says: "done" },
  current: { icon: CircleDot, text: "text-accent", says: "under way" },
  stopped: { icon: X, text: "text-bad", says: "stopped here" },
  skipped: { icon: Minus, text: "text-ink-faint", says: "skipped" },
  ahead: { icon: Circle, text: "text-ink-faint", says: "not reached" },
};

/** The stages of a run from left to right: how far it is, and how long each took. */
export function StageTrack({ run, nowMs }: { readonly run: Run; readonly nowMs: number }) {
  return (
    <ol aria-label="Stages" className="flex items-start gap-2 sm:gap-3">
      {stageStates(run).map(({ stage, state, time }, index) => {
        const { icon: Icon, text, says } = LOOKS[state];
        return (
          <Fragment key={stage}>
            {index > 0 && (
              <li
                aria-hidden
                className={classNames("mt-2 h-px min-w-2 flex-1 bg-line", state === "done" && "bg-good/50")}
              />
            )}
            <li
              aria-current={state === "current" ? "step" : undefined}
              title={time && spanOf(time)}
              className={classNames("text-xs font-medium", text)}
            >
              <span className="flex items-center gap-1.5">
                <Icon aria-hidden className={classNames("size-3.5 shrink-0", state === "current" && "animate-pulse")} />
                {NAMES[stage]}
                <span className="sr-only">: {says}</span>
              </span>
              <span className="tabular block min-h-4 pl-5 font-normal whitespace-nowrap text-ink-faint">
                {time && state !== "skipped" && durationText(time, state, run, nowMs)}
              </span>
            </li>
          </Fragment>
        );
      })}
    </ol>
  );
}

function durationText(time: RunStageTime, state: StageState, run: Run, nowMs: number): string {
  const ms = stageMs(time, run, nowMs);
  return state === "current" ? formatElapsed(ms) : formatDuration(ms);
}

/** From when to when, exactly. */
function spanOf({ startedAt, endedAt }: RunStageTime): string {
  const start = `Began ${formatExactly(new Date(startedAt))}`;
  return endedAt === null ? start : `${start}\nEnded ${formatExactly(new Date(endedAt))}`;
}
