import type { PipelineStatus as PipelineStatusValue } from "@millrace/shared";
import { CalendarCheck2, CirclePause, CircleX, LoaderCircle, type LucideIcon } from "lucide-react";
import { Status, type Tone } from "../../components/ui/status.tsx";

interface Look {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly word: string;
}

const LOOKS: Record<PipelineStatusValue, Look> = {
  inactive: { tone: "neutral", icon: CirclePause, word: "Inactive" },
  active: { tone: "good", icon: CalendarCheck2, word: "Active" },
  running: { tone: "accent", icon: LoaderCircle, word: "Running" },
  failed: { tone: "bad", icon: CircleX, word: "Failed" },
};

/** Every state, by the order in which people ask for them. From here and not from the contract, which would bring all its schemas along. */
export const PIPELINE_STATUSES = Object.keys(LOOKS) as PipelineStatusValue[];

export const pipelineStatusWord = (status: PipelineStatusValue): string => LOOKS[status].word;

export const pipelineStatusIcon = (status: PipelineStatusValue): LucideIcon => LOOKS[status].icon;

/** The state of a pipeline. */
export function PipelineStatus({
  status,
  isPill = false,
}: {
  readonly status: PipelineStatusValue;
  readonly isPill?: boolean;
}) {
  return <Status {...LOOKS[status]} isSpinning={status === "running"} isPill={isPill} />;
}
