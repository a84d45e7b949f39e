import type { PipelineEnd } from "@millrace/shared";
import { CornerDownRight } from "lucide-react";
import { SystemIcon } from "../../components/ui/system-icon.tsx";

export interface RowFlowProps {
  readonly source: PipelineEnd | null;
  readonly sourceTable: string | null;
  readonly destination: PipelineEnd | null;
  readonly destinationTable: string | null;
}

/** Where a pipeline takes its rows and, below it, where it brings them. */
export function RowFlow({ source, sourceTable, destination, destinationTable }: RowFlowProps) {
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <End end={source} table={sourceTable} />
      <span className="flex min-w-0 items-center gap-1.5">
        <CornerDownRight role="img" aria-label="to" className="size-3.5 shrink-0 text-ink-faint" />
        <End end={destination} table={destinationTable} />
      </span>
    </span>
  );
}

function End({ end, table }: { readonly end: PipelineEnd | null; readonly table: string | null }) {
  if (!end && !table) return <span className="text-xs text-ink-faint italic">not set</span>;
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-xs">
      {end && <SystemIcon type={end.connectionType} />}
      {end && <span className="max-w-[45%] shrink-0 truncate text-ink-soft">{end.name}</span>}
      {table ? (
        <span className="truncate font-mono" title={table}>
          {table}
        </span>
      ) : (
        <span className="text-ink-faint italic">no table</span>
      )}
    </span>
  );
}
