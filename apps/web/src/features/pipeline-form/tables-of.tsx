import { formatTableName, parseTableName, type TableSummary } from "@millrace/shared";
import { RotateCw } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { trpc } from "../../lib/trpc.ts";
import { TablePicker } from "./table-picker.tsx";

export interface TablesOfProps {
  readonly label: string;
  readonly sourceId: string;
  readonly value: string | null;
  readonly onChange: (reference: string) => void;
  readonly error?: string | undefined;
  readonly disabledReason?: (table: TableSummary) => string | null;
}

/** The tables of a data source, read from it just now. */
export function TablesOf({ sourceId, value, error, ...picker }: TablesOfProps) {
  const tables = trpc.sources.tables.useQuery({ id: sourceId }, { trpc: { context: { isAlone: true } } });
  if (tables.isPending) return <ListSkeleton />;
  if (tables.isError) return <ListError error={tables.error} onRetry={() => void tables.refetch()} />;
  const chosen = value === null ? null : canonical(value);
  const isGone = chosen !== null && !tables.isFetching && !tables.data.some(({ reference }) => reference === chosen);
  const fault = isGone ? `There is no table ${chosen} any more: choose another one` : undefined;
  return (
    <div className="flex flex-col gap-2">
      <TablePicker {...picker} tables={tables.data} value={chosen} error={error ?? fault} />
      <div className="flex justify-end">
        <Button
          size="small"
          variant="quiet"
          icon={RotateCw}
          isBusy={tables.isFetching}
          onClick={() => void tables.refetch()}
        >
          Read the tables again
        </Button>
      </div>
    </div>
  );
}

/** As the catalog's references are spelled; a pipeline may have been written otherwise, by hand or by a script. */
function canonical(table: string): string {
  try {
    return formatTableName(parseTableName(table));
  } catch {
    return table;
  }
}

/** A source has to be read whole. */
export const unreadableReason = ({ isReadable }: TableSummary): string | null =>
  isReadable ? null : "The data source's user may not read it";
