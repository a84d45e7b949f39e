import { hasRole, type Pipeline, type Role, type TriggerResult } from "@millrace/shared";
import { useId, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { fieldFaults } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";
import { PipelinePosition } from "./pipeline-position.tsx";

export interface BackfillDialogProps {
  /** One that reads by a cursor. */
  readonly pipeline: Pick<Pipeline, "id" | "policies" | "sourceId" | "sourceTable">;
  readonly role: Role;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onStarted: (run: TriggerResult) => void;
}

/** Asks which window of the cursor is to be read once more; both ends empty: all of it. */
export function BackfillDialog({ pipeline, role, isOpen, onClose, onStarted }: BackfillDialogProps) {
  const formId = useId();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const type = useCursorType(pipeline, isOpen && hasRole(role, "editor"));
  const backfill = trpc.pipelines.backfill.useMutation({ onSuccess: onStarted });
  const faults = new Map(fieldFaults(backfill.error).map(({ path, message }) => [path, message]));
  const isAtField = faults.has("from") || faults.has("to");
  const cursor = pipeline.policies.incremental?.cursor ?? "";
  const close = () => {
    backfill.reset();
    onClose();
  };
  const field = (end: "from" | "to", value: string, set: (value: string) => void) => ({
    value,
    error: faults.has(end) ? `This end ${faults.get(end)}` : undefined,
    placeholder: exampleOf(type),
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => set(event.target.value),
  });
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={(next) => !next && close()}
      title="Read rows once more"
      description="A backfill is a run of its own. It leaves the position of the pipeline where it is."
      size="medium"
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={formId} isBusy={backfill.isPending || backfill.isSuccess}>
            {from === "" && to === "" ? "Read all rows" : "Start the backfill"}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          backfill.mutate({ id: pipeline.id, from: from.trim() || null, to: to.trim() || null });
        }}
      >
        {hasRole(role, "editor") && isOpen && (
          <p className="text-sm text-ink-soft">
            Position: <PipelinePosition pipelineId={pipeline.id} />
          </p>
        )}
        <p className="text-sm">
          Rows whose <code className="font-mono text-xs">{cursor}</code>
          {type !== null && <span className="text-ink-soft"> ({type})</span>} is at least, and at most:
        </p>
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="From" description="Empty: from the beginning." {...field("from", from, setFrom)} />
          <TextField label="To" description="Empty: to the end." {...field("to", to, setTo)} />
        </div>
        {!isAtField && <FormError error={backfill.error} />}
      </form>
    </Dialog>
  );
}

/** As the source's catalog spells it; null while that is not known, and for whoever may not see it. */
function useCursorType({ sourceId, sourceTable, policies }: BackfillDialogProps["pipeline"], isAsked: boolean) {
  const columns = trpc.sources.columns.useQuery(
    { id: sourceId ?? "", table: sourceTable ?? "" },
    {
      enabled: isAsked && sourceId !== null && sourceTable !== null,
      trpc: { context: { isAlone: true }, abortOnUnmount: true },
    },
  );
  return columns.data?.find(({ name }) => name === policies.incremental?.cursor)?.type ?? null;
}

/** What a value of the type looks like. */
function exampleOf(type: string | null): string {
  if (type === null) return "";
  if (type.startsWith("timestamp")) return type.includes("without") ? "2026-01-31 00:00" : "2026-01-31 00:00+00";
  if (type === "date") return "2026-01-31";
  return /^(smallint|integer|bigint|numeric)/.test(type) ? "1000" : "";
}
