import type { PipelineSummary } from "@millrace/shared";
import { useCallback } from "react";
import { toast } from "sonner";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";
import { withChanged } from "./list-pages.ts";
import type { ListInput } from "./list-search.ts";

/** Turns schedules of a list on and off. Shows the new state at once, and the old one again should the server refuse. */
export function useSwitchSchedule(input: ListInput): (pipeline: PipelineSummary, isOn: boolean) => void {
  const utils = trpc.useUtils();
  const { mutate } = trpc.pipelines.update.useMutation();
  return useCallback(
    (pipeline, isOn) => {
      const show = (changes: Partial<PipelineSummary>) =>
        utils.pipelines.list.setInfiniteData(input, (data) => data && withChanged(data, pipeline.id, changes));
      const { isEnabled, status, nextRunAt } = pipeline;
      const rests = status === "active" || status === "inactive";
      show({
        isEnabled: isOn,
        ...(rests && { status: isOn ? "active" : "inactive" }),
        ...(!isOn && { nextRunAt: null }),
      });
      mutate(
        { id: pipeline.id, status: isOn ? "active" : "inactive" },
        {
          // The last run and the names of the ends are none of the answer's.
          onSuccess: (updated) => show(updated),
          onError: (error) => {
            show({ isEnabled, status, nextRunAt });
            const { message, hint } = toUserMessage(error);
            toast.error(message, { description: hint });
          },
          onSettled: () => void utils.pipelines.counts.invalidate(),
        },
      );
    },
    [utils, mutate, input],
  );
}
