import type { TriggerResult } from "@millrace/shared";
import { useCallback } from "react";
import { toast } from "sonner";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

export interface RunNow {
  readonly start: (pipelineId: string) => void;
  /** The pipeline whose start is under way. */
  readonly startingId: string | null;
}

/** Starts runs. A refusal is shown as a message; `onStarted` decides what a success leads to. */
export function useRunNow(onStarted: (run: TriggerResult, pipelineId: string) => void): RunNow {
  const utils = trpc.useUtils();
  const trigger = trpc.pipelines.trigger.useMutation({
    onSuccess: (run, { id }) => onStarted(run, id),
    onError: (error) => {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    },
    // Lists follow by themselves.
    onSettled: (_run, _error, { id }) => utils.pipelines.get.invalidate({ id }),
  });
  const { mutate } = trigger;
  return {
    start: useCallback((id) => mutate({ id }), [mutate]),
    startingId: trigger.isPending ? trigger.variables.id : null,
  };
}
