import { RunnablePipelineInput } from "@millrace/shared";
import { toast } from "sonner";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";
import type { Draft, DraftField } from "./draft.ts";

/** What was saved, and the run that was started with it. */
export interface Saved {
  readonly pipelineId: string;
  readonly runId: string | null;
}

/** Creates or updates the pipeline, and starts a run where that is asked for. */
export function useSave(pipelineId: string | null) {
  const utils = trpc.useUtils();
  const create = trpc.pipelines.create.useMutation();
  const update = trpc.pipelines.update.useMutation();
  const trigger = trpc.pipelines.trigger.useMutation();

  /** A pipeline that was saved stays saved: a run that cannot start is told beside it. */
  const start = async (id: string): Promise<string | null> => {
    try {
      return (await trigger.mutateAsync({ id })).runId;
    } catch (error) {
      const { message, hint } = toUserMessage(error);
      toast.error(`Saved, and no run was started: ${message}`, { description: hint });
      return null;
    }
  };

  return {
    isSaving: create.isPending || update.isPending || trigger.isPending,
    /** Rejects with the server's refusal; nothing is saved then. */
    save: async (draft: Draft, changed: readonly DraftField[], isRunWanted: boolean): Promise<Saved> => {
      const fields = RunnablePipelineInput.parse(draft);
      const saved =
        pipelineId === null
          ? await create.mutateAsync(fields)
          : await update.mutateAsync({
              id: pipelineId,
              ...Object.fromEntries(Object.entries(fields).filter(([field]) => changed.includes(field as DraftField))),
            });
      const runId = isRunWanted ? await start(saved.id) : null;
      await utils.pipelines.invalidate();
      return { pipelineId: saved.id, runId };
    },
  };
}
