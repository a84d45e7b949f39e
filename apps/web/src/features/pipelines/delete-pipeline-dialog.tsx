import type { Pipeline } from "@millrace/shared";
import { toast } from "sonner";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { TypedConfirmDialog } from "../../components/ui/typed-confirm-dialog.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { formatCount } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";

export interface DeletePipelineDialogProps {
  /** Closed without one. */
  readonly pipeline: Pick<Pipeline, "id" | "name" | "destinationTable"> | null;
  readonly onClose: () => void;
  /** It is gone. A page of its own is left with the dialog still open: closed, it would ask for what is no longer there. */
  readonly onDeleted: (id: string) => void;
}

/** Deletes a pipeline after its name was typed, and says before how much goes with it. */
export function DeletePipelineDialog({ pipeline, onClose, onDeleted }: DeletePipelineDialogProps) {
  const preview = trpc.pipelines.deletePreview.useQuery({ id: pipeline?.id ?? "" }, { enabled: pipeline !== null });
  const remove = trpc.pipelines.delete.useMutation({
    onSuccess: ({ id }) => {
      toast.success("Pipeline deleted");
      onDeleted(id);
    },
    onError: (error) => {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    },
  });
  return (
    <TypedConfirmDialog
      isOpen={pipeline !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Delete this pipeline?"
      phrase={pipeline?.name ?? ""}
      phraseName="the pipeline's name"
      confirmLabel="Delete the pipeline"
      isBusy={remove.isPending}
      onConfirm={() => pipeline && remove.mutate({ id: pipeline.id })}
    >
      <p>
        <strong className="font-semibold break-words text-ink">{pipeline?.name}</strong> is deleted for good
        {preview.data ? (
          <>
            , and with it{" "}
            <strong className="font-semibold text-ink">
              {counted(preview.data.runCount, "run")} and {counted(preview.data.lineCount, "line")} of their logs
            </strong>
            .
          </>
        ) : preview.isError ? (
          ", and with it all its runs and their logs."
        ) : (
          <Skeleton className="mt-1 h-4 w-56" />
        )}
      </p>
      <p className="mt-2">
        {pipeline?.destinationTable ? (
          <>
            The destination table <code className="font-mono text-xs break-all">{pipeline.destinationTable}</code> and
            its rows stay as they are.
          </>
        ) : (
          "No table of a data source is touched."
        )}
      </p>
    </TypedConfirmDialog>
  );
}

const counted = (count: number, word: string) => `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
