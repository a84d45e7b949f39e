import type { DifferenceKind, Pipeline, RunDetail, ShownDifference } from "@millrace/shared";
import { Wrench } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { formatRows } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";

export interface RepairDialogProps {
  /** The verification that has listed the rows. */
  readonly run: RunDetail;
  readonly differences: readonly ShownDifference[];
  /** Called with the id of the run that repairs. */
  readonly onStarted: (runId: string) => void;
}

/** Asks to mend the rows that differ; in place of the button a word where a history is kept, whose versions say what was when. */
export function RepairDialog({ run, differences, onStarted }: RepairDialogProps) {
  const pipeline = trpc.pipelines.get.useQuery({ id: run.pipelineId });
  if (!pipeline.data) return null;
  if (pipeline.data.writeMode === "history") {
    return <p className="text-xs text-ink-faint">A run of the pipeline adds what is missing as new versions.</p>;
  }
  return <AskToRepair run={run} pipeline={pipeline.data} differences={differences} onStarted={onStarted} />;
}

interface AskProps extends RepairDialogProps {
  readonly pipeline: Pick<Pipeline, "id" | "writeMode" | "policies">;
}

function AskToRepair({ run, pipeline, differences, onStarted }: AskProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [deletesUnexpected, setDeletesUnexpected] = useState(false);
  const harmless = useRef<HTMLButtonElement>(null);
  const repair = trpc.pipelines.repair.useMutation({ onSuccess: (started) => onStarted(started.runId) });
  const count = (kind: DifferenceKind) => differences.filter((difference) => difference.kind === kind).length;
  const [missing, different, unexpected] = [count("missing"), count("different"), count("unexpected")];
  const change = (next: boolean) => {
    repair.reset();
    setDeletesUnexpected(false);
    setIsOpen(next);
  };
  const marks = pipeline.writeMode === "merge" && pipeline.policies.deletes.mode === "soft";
  const removes = marks ? "marked as deleted" : "deleted";
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={change}
      title="Repair these rows?"
      size="medium"
      initialFocus={harmless}
      trigger={
        <Button size="small" icon={Wrench}>
          Repair these rows…
        </Button>
      }
      footer={
        <>
          <Button ref={harmless} onClick={() => change(false)}>
            Leave them as they are
          </Button>
          <Button
            variant={deletesUnexpected && !marks ? "danger" : "primary"}
            icon={Wrench}
            isBusy={repair.isPending || repair.isSuccess}
            disabled={missing + different === 0 && !deletesUnexpected}
            onClick={() => repair.mutate({ id: pipeline.id, runId: run.id, deletesUnexpected })}
          >
            Repair the rows
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-sm">
          The listed rows become what the source holds now, all of them in one transaction or none. No other row of the
          destination is touched.
        </p>
        <Facts layout="rows">
          {missing > 0 && <Fact name="Missing">{formatRows(missing)} will be inserted</Fact>}
          {different > 0 && <Fact name="Other values">{formatRows(different)} will be updated</Fact>}
          {unexpected > 0 && (
            <Fact name="Only at the destination">
              {formatRows(unexpected)} will be {deletesUnexpected ? removes : "left"}
            </Fact>
          )}
        </Facts>
        {unexpected > 0 && (
          <Checkbox
            label={marks ? "Mark what only the destination has as deleted" : "Delete what only the destination has"}
            description="Unless this is checked, these rows stay and go on to differ."
            isChecked={deletesUnexpected}
            onChange={setDeletesUnexpected}
          />
        )}
        <p className="text-xs text-ink-faint">
          It is a run of its own. Each row is looked at anew, so what somebody has mended meanwhile stays, and it
          commits only when these rows are equal at both ends.
        </p>
        <FormError error={repair.error} />
      </div>
    </Dialog>
  );
}
