import type { Run, RunStage } from "@millrace/shared";
import { Check, Circle, CircleDot, type LucideIcon, Minus, X } from "lucide-react";
import { Fragment } from "react";
import { classNames } from "../../lib/class-names.ts";
import { type StageState, stageStates } from "./run-figures.ts";

const NAMES: Record<RunStage, string> = { plan: "Plan", copy: "Copy", verify: "Verify", publish: "Publish" };

const LOOKS: Record<StageState, { readonly icon: LucideIcon; readonly text: string; readonly says: string }> = {
  done: { icon: Check, text: "text-good", says: "done" },
  current: { icon: CircleDot, text: "text-accent", says: "under way" },
  stopped: { icon: X, text: "text-bad", says: "stopped here" },
  skipped: { icon: Minus, text: "text-ink-faint", says: "skipped" },
  ahead: { icon: Circle, text: "text-ink-faint", says: "not reached" },
};

/** The stages of a run from left to right, and how far it is. */
export function StageTrack({ run }: { readonly run: Run }) {
  return (
    <ol aria-label="Stages" className="flex items-center gap-2 sm:gap-3">
      {stageStates(run).map(({ stage, state }, index) => {
        const { icon: Icon, text, says } = LOOKS[state];
        return (
          <Fragment key={stage}>
            {index > 0 && (
              <li aria-hidden className={classNames("h-px min-w-3 flex-1 bg-line", state === "done" && "bg-good/50")} />
            )}
            <li
              aria-current={state === "current" ? "step" : undefined}
              className={classNames("flex items-center gap-1.5 text-xs font-medium", text)}
            >
              <Icon aria-hidden className={classNames("size-3.5", state === "current" && "animate-pulse")} />
              {NAMES[stage]}
              <span className="sr-only">: {says}</span>
            </li>
          </Fragment>
        );
      })}
    </ol>
  );
}
