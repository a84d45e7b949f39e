import { Play, ToggleLeft, ToggleRight, Trash2, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../../components/ui/button.tsx";
import { TypedConfirmDialog } from "../../components/ui/typed-confirm-dialog.tsx";
import { formatCount } from "../../lib/format.ts";
import type { Bulk } from "./use-bulk.ts";

export interface BulkBarProps {
  readonly selectedIds: readonly string[];
  readonly bulk: Bulk;
  /** Whether this user may change pipelines, not only start them. */
  readonly mayEdit: boolean;
  readonly onClear: () => void;
}

/** What can be done to all selected pipelines; it floats at the lower edge. */
export function BulkBar({ selectedIds, bulk, mayEdit, onClear }: BulkBarProps) {
  const [isAsking, setIsAsking] = useState(false);
  const count = selectedIds.length;
  const words = count === 1 ? "1 pipeline" : `${formatCount(count)} pipelines`;
  return (
    <section
      aria-label="Selected pipelines"
      className="sticky bottom-3 z-20 mx-auto mt-3 flex w-fit max-w-full flex-wrap items-center gap-2 rounded-lg border border-line-strong/60 bg-surface p-2 shadow-floating"
    >
      <p role="status" className="tabular px-1.5 text-sm font-medium whitespace-nowrap">
        {formatCount(count)} selected
      </p>
      <Button
        size="small"
        icon={Play}
        isBusy={bulk.busy === "trigger"}
        onClick={() => void bulk.run("trigger", selectedIds)}
      >
        Run now
      </Button>
      {mayEdit && (
        <>
          <Button
            size="small"
            icon={ToggleRight}
            isBusy={bulk.busy === "activate"}
            onClick={() => void bulk.run("activate", selectedIds)}
          >
            Switch on
          </Button>
          <Button
            size="small"
            icon={ToggleLeft}
            isBusy={bulk.busy === "deactivate"}
            onClick={() => void bulk.run("deactivate", selectedIds)}
          >
            Switch off
          </Button>
          <Button
            size="small"
            variant="danger"
            icon={Trash2}
            isBusy={bulk.busy === "delete"}
            onClick={() => setIsAsking(true)}
          >
            Delete…
          </Button>
          <TypedConfirmDialog
            isOpen={isAsking}
            onOpenChange={setIsAsking}
            title={`Delete ${words}?`}
            phrase={`delete ${words}`}
            phraseName={`“delete ${words}”`}
            confirmLabel={`Delete ${words}`}
            isBusy={bulk.busy === "delete"}
            onConfirm={() => void bulk.run("delete", selectedIds).then(() => setIsAsking(false))}
          >
            <p>They are deleted for good, with all their runs and logs.</p>
            <p className="mt-2">The destination tables and their rows stay as they are.</p>
          </TypedConfirmDialog>
        </>
      )}
      <IconButton icon={X} label="Clear the selection" onClick={onClear} />
    </section>
  );
}
