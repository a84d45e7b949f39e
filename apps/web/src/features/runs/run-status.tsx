import type { Run, RunStatus as RunStatusValue, RunTrigger } from "@millrace/shared";
import { Ban, CircleCheck, CircleX, Hourglass, LoaderCircle, type LucideIcon } from "lucide-react";
import { Status, type Tone } from "../../components/ui/status.tsx";

interface Look {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly word: string;
}

const LOOKS: Record<RunStatusValue, Look> = {
  pending: { tone: "neutral", icon: Hourglass, word: "Waiting" },
  running: { tone: "accent", icon: LoaderCircle, word: "Running" },
  success: { tone: "good", icon: CircleCheck, word: "Succeeded" },
  failed: { tone: "bad", icon: CircleX, word: "Failed" },
  cancelled: { tone: "neutral", icon: Ban, word: "Cancelled" },
};

export const runStatusWord = (status: RunStatusValue): string => LOOKS[status].word;

/** The state of a run. */
export function RunStatus({ status, isPill = false }: { readonly status: RunStatusValue; readonly isPill?: boolean }) {
  return <Status {...LOOKS[status]} isSpinning={status === "running"} isPill={isPill} />;
}

/** In the order in which they are shown. */
export const RUN_STATUSES = Object.keys(LOOKS) as RunStatusValue[];

export const runStatusIcon = (status: RunStatusValue): LucideIcon => LOOKS[status].icon;

const TRIGGERS: Record<RunTrigger, string> = {
  manual: "By hand",
  api: "Through the API",
  schedule: "By the schedule",
  retry: "As a retry",
  sample: "With the sample",
  undo: "To undo another run",
  verify: "To verify",
  repair: "To repair rows",
  replay: "To replay rows",
};

export const RUN_TRIGGERS = Object.keys(TRIGGERS) as RunTrigger[];

/** How a run was started: what "started" can be followed by. */
export const triggerPhrase = (trigger: RunTrigger): string => TRIGGERS[trigger];

/** How a run was started, and what it was to do: `By hand, as a backfill`. */
export const startPhrase = ({ trigger, isBackfill }: Pick<Run, "trigger" | "isBackfill">): string =>
  isBackfill ? `${triggerPhrase(trigger)}, as a backfill` : triggerPhrase(trigger);

/** How a run was started, and by whom: `By hand, Ada Miller`. */
export const startedBy = ({ trigger, triggeredByName }: Pick<Run, "trigger" | "triggeredByName">): string =>
  triggeredByName === null || trigger === "schedule"
    ? triggerPhrase(trigger)
    : `${triggerPhrase(trigger)}, ${triggeredByName}`;
