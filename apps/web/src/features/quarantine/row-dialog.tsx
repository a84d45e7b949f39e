import type { QuarantinedRowDetail } from "@millrace/shared";
import { RotateCw } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { Time } from "../../components/ui/time.tsx";
import { trpc } from "../../lib/trpc.ts";
import { QuarantineActions } from "./quarantine-actions.tsx";
import { RowState } from "./quarantine-state.tsx";
import { type Edits, RowValues } from "./row-values.tsx";
import { useQuarantineActions } from "./use-quarantine-actions.ts";

export interface RowDialogProps {
  readonly runId: string;
  readonly rowId: string;
  readonly canReplay: boolean;
  readonly onClose: () => void;
  readonly onReplayStarted: (runId: string) => void;
  readonly renderRunLink: (runId: string, label: string) => ReactNode;
}

/** One row with its values, to be mended and replayed, or discarded. */
export function RowDialog({ runId, rowId, canReplay, onClose, onReplayStarted, renderRunLink }: RowDialogProps) {
  const row = trpc.quarantine.get.useQuery({ runId, id: rowId }, { staleTime: 0, gcTime: 0, retry: false });
  const [edits, setEdits] = useState<Edits>({});
  const actions = useQuarantineActions(onReplayStarted, onClose);
  const isOpen = row.data?.state === "held" && !row.data.isReplaying;
  const changed = row.data?.values?.filter(({ name, value }) => Object.hasOwn(edits, name) && edits[name] !== value);
  const values =
    changed && changed.length > 0 ? Object.fromEntries(changed.map(({ name }) => [name, edits[name] ?? null])) : null;
  return (
    <Dialog
      isOpen
      onOpenChange={(next) => !next && onClose()}
      title={row.data?.key ?? "Row set aside"}
      size="large"
      footer={
        isOpen && (
          <>
            {values === null ? (
              <QuarantineActions
                selection={{ runId, ids: [rowId] }}
                count={1}
                words="this row"
                canReplay={canReplay && row.data?.hasValues === true}
                actions={actions}
              />
            ) : (
              <>
                <Button size="small" onClick={() => setEdits({})}>
                  Take my changes back
                </Button>
                <Button
                  size="small"
                  variant="primary"
                  icon={RotateCw}
                  isBusy={actions.replay.isPending || actions.replay.isSuccess}
                  onClick={() => actions.replay.mutate({ runId, ids: [rowId], values })}
                >
                  Replay with these values
                </Button>
              </>
            )}
          </>
        )
      }
    >
      <div className="flex flex-col gap-4" aria-busy={row.isPending}>
        {row.isPending ? (
          <Skeleton className="h-40 w-full" />
        ) : row.isError ? (
          <FormError error={row.error} />
        ) : (
          <>
            <About row={row.data} renderRunLink={renderRunLink} />
            {row.data.values === null ? (
              <Notice tone="neutral" title="The row was too large to be kept with its values">
                It can be discarded here. Mend it at the source, and run the pipeline again.
              </Notice>
            ) : (
              <RowValues
                values={row.data.values}
                faulty={row.data.column?.split(", ") ?? []}
                edits={edits}
                {...(isOpen &&
                  canReplay && { onEdit: (name, value) => setEdits((old) => ({ ...old, [name]: value })) })}
              />
            )}
          </>
        )}
        <FormError error={actions.replay.error ?? actions.discard.error} />
      </div>
    </Dialog>
  );
}

function About({ row, renderRunLink }: { readonly row: QuarantinedRowDetail } & Pick<RowDialogProps, "renderRunLink">) {
  return (
    <Facts layout="rows">
      <Fact name="State">
        <span className="inline-flex flex-wrap items-center gap-x-2">
          <RowState row={row} />
          {row.settledAt !== null && (
            <span className="text-ink-soft">
              <Time at={row.settledAt} />
              {row.settledByName !== null && ` by ${row.settledByName}`}
            </span>
          )}
          {row.replayRunId !== null && row.state !== "discarded" && renderRunLink(row.replayRunId, "the replay")}
        </span>
      </Fact>
      <Fact name="Refused">
        {row.reason}{" "}
        <span className="text-ink-faint">
          ({row.code}
          {row.sqlstate !== null && `, SQLSTATE ${row.sqlstate}`})
        </span>
      </Fact>
      <Fact name="Column">{row.column ?? "The whole row"}</Fact>
      <Fact name="Destination" isMono>
        {row.table}
      </Fact>
      <Fact name="Set aside">
        <Time at={row.createdAt} />
      </Fact>
    </Facts>
  );
}
