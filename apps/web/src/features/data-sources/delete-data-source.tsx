import type { DataSourceDetail } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { formatCount } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";

export interface DeleteDataSourceProps {
  readonly source: DataSourceDetail;
  readonly onDeleted: () => void;
}

/** Deletes a data source after asking; while pipelines use it, says which ones instead. */
export function DeleteDataSource({ source, onDeleted }: DeleteDataSourceProps) {
  const utils = trpc.useUtils();
  const remove = trpc.sources.delete.useMutation({
    onSuccess: () => {
      onDeleted();
      return utils.sources.list.invalidate();
    },
    onError: (error) => {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
      // Somebody may have taken it into use since it was looked at.
      return utils.sources.invalidate();
    },
  });
  if (source.pipelineCount > 0) return <InUse source={source} />;
  return (
    <ConfirmDialog
      title={`Delete ${source.name}?`}
      confirmLabel="Delete data source"
      cancelLabel="Keep it"
      onConfirm={() => remove.mutate({ id: source.id })}
      trigger={
        <Button variant="danger" icon={Trash2} isBusy={remove.isPending}>
          Delete
        </Button>
      }
    >
      No pipeline uses it. Its connection and its stored password are deleted from Millrace and cannot be brought back.
      The database itself is not touched.
    </ConfirmDialog>
  );
}

function InUse({ source: { name, pipelines, pipelineCount } }: { readonly source: DataSourceDetail }) {
  const [isOpen, setIsOpen] = useState(false);
  const description =
    pipelineCount === 1
      ? "A pipeline uses it, and would have nothing to read from or write to. Delete that pipeline first, or point it to another data source."
      : `${formatCount(pipelineCount)} pipelines use it, and would have nothing to read from or write to. Delete them first, or point them to another data source.`;
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={setIsOpen}
      title={`${name} cannot be deleted`}
      description={description}
      footer={<Button onClick={() => setIsOpen(false)}>Close</Button>}
      trigger={
        <Button variant="danger" icon={Trash2}>
          Delete
        </Button>
      }
    >
      <ul aria-label="Pipelines that use it" className="divide-y divide-line text-sm">
        {pipelines.map((pipeline) => (
          <li key={pipeline.id} className="flex flex-wrap justify-between gap-x-4 py-1.5">
            <Link
              to="/pipelines/$pipelineId"
              params={{ pipelineId: pipeline.id }}
              className="min-w-0 rounded-sm font-medium break-words hover:text-accent hover:underline"
            >
              {pipeline.name}
            </Link>
            <span className="text-ink-soft">{endOf(pipeline)}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function endOf({ isSource, isDestination }: DataSourceDetail["pipelines"][number]): string {
  if (isSource && isDestination) return "Reads and writes";
  return isSource ? "Reads" : "Writes";
}
