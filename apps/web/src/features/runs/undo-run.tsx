import { isComparison, type RunDetail, UNDO_REASONS, type UndoPreview } from "@millrace/shared";
import { Undo2 } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { Time } from "../../components/ui/time.tsx";
import { formatDateTime, formatRows } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";

export interface UndoRunProps {
  readonly run: RunDetail;
  /** Called with the id of the run that undoes. */
  readonly onStarted: (runId: string) => void;
}

/** Asks to undo a run that has replaced a table; nothing for a run that never can be, and where its pipeline keeps nothing. */
export function UndoRun({ run, onStarted }: UndoRunProps) {
  const isCandidate =
    run.status === "success" &&
    run.trigger !== "undo" &&
    !isComparison(run.trigger) &&
    run.undoneBy === null &&
    !run.proof?.changes;
  const pipeline = trpc.pipelines.get.useQuery({ id: run.pipelineId }, { enabled: isCandidate });
  const isKept = pipeline.data?.writeMode === "replace" && pipeline.data.policies.undo.keepHours > 0;
  return isCandidate && isKept && <UndoDialog runId={run.id} onStarted={onStarted} />;
}

function UndoDialog({ runId, onStarted }: { readonly runId: string } & Pick<UndoRunProps, "onStarted">) {
  const [isOpen, setIsOpen] = useState(false);
  const harmless = useRef<HTMLButtonElement>(null);
  const preview = trpc.runs.undoPreview.useQuery(
    { id: runId },
    { enabled: isOpen, staleTime: 0, gcTime: 0, retry: false, trpc: { context: { isAlone: true } } },
  );
  const undo = trpc.runs.undo.useMutation({ onSuccess: (started) => onStarted(started.runId) });
  const change = (next: boolean) => {
    undo.reset();
    setIsOpen(next);
  };
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={change}
      title="Undo this run?"
      size="medium"
      initialFocus={harmless}
      trigger={<Button icon={Undo2}>Undo…</Button>}
      footer={
        <>
          <Button ref={harmless} onClick={() => change(false)}>
            {preview.data?.reason == null ? "Leave it as it is" : "Close"}
          </Button>
          {preview.data?.reason === null && (
            <Button
              variant="danger"
              icon={Undo2}
              isBusy={undo.isPending || undo.isSuccess}
              onClick={() => undo.mutate({ id: runId })}
            >
              Undo the run
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4" aria-busy={preview.isPending}>
        {preview.isPending ? (
          <Looking />
        ) : preview.isError ? (
          <FormError error={preview.error} />
        ) : (
          <Prospect preview={preview.data} />
        )}
        <FormError error={undo.error} />
      </div>
    </Dialog>
  );
}

const Looking = () => (
  <>
    <p role="status" className="sr-only">
      Looking at the destination
    </p>
    <Skeleton className="h-4 w-4/5" />
    <Skeleton className="h-20 w-full" />
  </>
);

function Prospect({ preview }: { readonly preview: UndoPreview }) {
  const { table, reason, keptRows, currentRows, keptUntil } = preview;
  if (reason !== null) {
    return (
      <Notice tone="warn" title={`The run cannot be undone: ${UNDO_REASONS[reason]}`}>
        Nothing was changed. Run the pipeline again to bring the table to what the source holds now.
      </Notice>
    );
  }
  return (
    <>
      <p className="text-sm">
        The table that this run has replaced is swapped back into the place of{" "}
        <code className="font-mono text-xs break-all">{table}</code>, in one transaction. Whoever reads sees the one or
        the other, never half.
      </p>
      <Facts layout="rows">
        {currentRows !== null && <Fact name="Stands there now">{formatRows(currentRows)}, which go</Fact>}
        {keptRows !== null && <Fact name="Comes back">{formatRows(keptRows)}, from before the run</Fact>}
        {keptUntil !== null && (
          <Fact name="Can be undone until">
            {formatDateTime(new Date(keptUntil))} (<Time at={keptUntil} tense="future" />)
          </Fact>
        )}
        <Fact name="Who may">Editors, admins and owners</Fact>
      </Facts>
      <p className="text-xs text-ink-faint">
        It is a run of its own, which compares every row first: if anybody else has written to the table since, it
        changes nothing and says so.
      </p>
    </>
  );
}
