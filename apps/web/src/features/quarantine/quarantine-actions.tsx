import type { DiscardQuarantineInput } from "@millrace/shared";
import { RotateCw, Trash2 } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { formatRows } from "../../lib/format.ts";
import type { useQuarantineActions } from "./use-quarantine-actions.ts";

export interface QuarantineActionsProps {
  /** The rows that it is about. */
  readonly selection: DiscardQuarantineInput;
  /** Null where it is not known before. */
  readonly count: number | null;
  /** `the 37 held rows`, `this row`. */
  readonly words: string;
  readonly canReplay: boolean;
  readonly actions: ReturnType<typeof useQuarantineActions>;
}

/** Replays rows, each after a word on what that means, or discards them. */
export function QuarantineActions({ selection, count, words, canReplay, actions }: QuarantineActionsProps) {
  const { replay, discard } = actions;
  return (
    <>
      <ConfirmDialog
        trigger={
          <Button size="small" variant="danger" icon={Trash2} isBusy={discard.isPending}>
            Discard…
          </Button>
        }
        title={`Discard ${words}?`}
        confirmLabel={`Discard ${count === null ? words : formatRows(count)}`}
        cancelLabel="Keep them held"
        onConfirm={() => discard.mutate(selection)}
      >
        They never arrive at the destination by a replay. They stay in this list as discarded, with their values, until
        the run is deleted.
      </ConfirmDialog>
      {canReplay && (
        <Button
          size="small"
          variant="primary"
          icon={RotateCw}
          isBusy={replay.isPending || replay.isSuccess}
          onClick={() => replay.mutate(selection)}
        >
          Replay {words}
        </Button>
      )}
    </>
  );
}
