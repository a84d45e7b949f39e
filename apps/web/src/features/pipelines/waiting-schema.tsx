import { isLeftOutOnly, type PipelineDetail, type WaitingSchema as Waiting } from "@millrace/shared";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { SchemaChanges } from "../../components/schema-changes.tsx";
import { Button } from "../../components/ui/button.tsx";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Time } from "../../components/ui/time.tsx";
import { trpc } from "../../lib/trpc.ts";

export interface WaitingSchemaProps {
  readonly pipeline: Pick<PipelineDetail, "id" | "destinationTable" | "waitingSchema">;
  /** False for who may only read. */
  readonly canAccept: boolean;
}

/** Says that a run has stopped because the table has changed, and lets editors accept it; nothing where none has. */
export function WaitingSchema({ pipeline, canAccept }: WaitingSchemaProps) {
  const { id, destinationTable, waitingSchema: waiting } = pipeline;
  if (waiting === null) return null;
  return (
    <div className="mb-5">
      <Notice
        tone="warn"
        title="The columns of the table have changed, and runs wait until somebody accepts it"
        action={canAccept && <AcceptDialog id={id} table={destinationTable ?? ""} waiting={waiting} />}
      >
        <p>
          Found by a run <Time at={waiting.at} />, which has touched nothing.
          {!canAccept && " Editors, admins and owners may accept it."}
        </p>
        <div className="mt-1 text-ink">
          <SchemaChanges changes={waiting.changes} />
        </div>
      </Notice>
    </div>
  );
}

interface AcceptDialogProps {
  readonly id: string;
  readonly table: string;
  readonly waiting: Waiting;
}

function AcceptDialog({ id, table, waiting }: AcceptDialogProps) {
  const utils = trpc.useUtils();
  const [isOpen, setIsOpen] = useState(false);
  const harmless = useRef<HTMLButtonElement>(null);
  const accept = trpc.pipelines.acceptSchema.useMutation({
    onSuccess: async () => {
      setIsOpen(false);
      toast.success("Accepted: the next run goes on with the table as it is now");
      await utils.pipelines.get.invalidate({ id });
      // The button that had the focus is gone together with what it was about.
      document.querySelector<HTMLElement>("h1")?.focus();
    },
  });
  const change = (next: boolean) => {
    accept.reset();
    setIsOpen(next);
  };
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={change}
      title="Accept what has changed?"
      size="medium"
      initialFocus={harmless}
      trigger={<Button variant="primary">Accept changes…</Button>}
      footer={
        <>
          <Button ref={harmless} onClick={() => change(false)}>
            Not now
          </Button>
          <Button
            variant="primary"
            isBusy={accept.isPending}
            onClick={() => accept.mutate({ id, runId: waiting.runId })}
          >
            Accept changes
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <SchemaChanges changes={waiting.changes} />
        <Consequence table={table} waiting={waiting} />
        <p className="text-xs text-ink-faint">
          It holds for the table as this run has found it: if it changes again before the next run, that run waits
          again.
        </p>
        <FormError error={accept.error} />
      </div>
    </Dialog>
  );
}

function Consequence({ table, waiting: { statements, changes } }: Omit<AcceptDialogProps, "id">) {
  const isLost = changes.some(
    ({ side, kind, usedBy }) => side === "source" && kind === "column_removed" && !isLeftOutOnly(usedBy),
  );
  return (
    <>
      <p className="text-sm">
        {statements.length === 0 ? (
          <>
            The columns of <Table>{table}</Table> stay as they are, and the next run writes into them.
          </>
        ) : (
          <>
            The next run changes <Table>{table}</Table> in the transaction that publishes its rows. If it fails, the
            table stays as it was.
          </>
        )}
        {isLost && " A column that the source has no more stays there, without a value in the rows that arrive."}
      </p>
      {statements.length > 0 && (
        <CodeBlock
          label="SQL that changes the destination's table"
          code={statements.map((statement) => `${statement};`).join("\n")}
          isWrapped
        />
      )}
    </>
  );
}

const Table = ({ children }: { readonly children: string }) => (
  <code className="font-mono text-xs break-all">{children}</code>
);
