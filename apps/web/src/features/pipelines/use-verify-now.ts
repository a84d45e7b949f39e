import type { TriggerResult } from "@millrace/shared";
import { toast } from "sonner";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

/** Starts runs that compare both ends of a pipeline. A refusal is shown as a message. */
export function useVerifyNow(onStarted: (run: TriggerResult) => void) {
  const utils = trpc.useUtils();
  const { mutate, isPending } = trpc.pipelines.verify.useMutation({
    onSuccess: onStarted,
    onError: (error) => {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    },
    onSettled: (_run, _error, { id }) => utils.pipelines.get.invalidate({ id }),
  });
  return { start: (pipelineId: string) => mutate({ id: pipelineId }), isStarting: isPending };
}
