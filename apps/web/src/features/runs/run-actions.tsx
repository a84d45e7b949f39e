import { isRunActive, type Run } from "@millrace/shared";
import { RotateCcw, Square } from "lucide-react";
import { toast } from "sonner";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

export interface RunActionsProps {
  readonly run: Run;
  /** Called with the new run's id. */
  readonly onRetried: (runId: string) => void;
}

/** Cancel while it runs; retry once it has ended without success. */
export function RunActions({ run, onRetried }: RunActionsProps) {
  if (isRunActive(run.status)) return <CancelRun runId={run.id} />;
  if (run.status === "success") return null;
  return <RetryRun runId={run.id} label={run.trigger === "verify" ? "Verify again" : "Retry"} onRetried={onRetried} />;
}

function showError(error: unknown): void {
  const { message, hint } = toUserMessage(error);
  toast.error(message, { description: hint });
}

function CancelRun({ runId }: { readonly runId: string }) {
  const utils = trpc.useUtils();
  const cancel = trpc.runs.cancel.useMutation({
    onSuccess: (run) => {
      utils.runs.get.setData({ id: run.id }, (known) => known && { ...known, ...run });
      if (isRunActive(run.status)) toast("Cancelling: the run stops within seconds");
    },
    onError: showError,
  });
  return (
    <ConfirmDialog
      trigger={
        <Button icon={Square} isBusy={cancel.isPending}>
          Cancel run
        </Button>
      }
      title="Cancel this run?"
      confirmLabel="Cancel the run"
      cancelLabel="Let it run"
      onConfirm={() => cancel.mutate({ id: runId })}
    >
      What was copied so far is rolled back. The destination stays as it was before the run.
    </ConfirmDialog>
  );
}

interface RetryRunProps extends Pick<RunActionsProps, "onRetried"> {
  readonly runId: string;
  readonly label: string;
}

function RetryRun({ runId, label, onRetried }: RetryRunProps) {
  const retry = trpc.runs.retry.useMutation({ onSuccess: (run) => onRetried(run.runId), onError: showError });
  return (
    <Button variant="primary" icon={RotateCcw} isBusy={retry.isPending} onClick={() => retry.mutate({ id: runId })}>
      {label}
    </Button>
  );
}
