import { ListError } from "../../components/ui/list-states.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { trpc } from "../../lib/trpc.ts";
import { CATALOG_QUERY } from "./catalog-query.ts";

const ROW_COUNT = 20;

/** The first rows of a table in the server's own order and spelling. */
export function RowsPreview({ sourceId, table }: { readonly sourceId: string; readonly table: string }) {
  const preview = trpc.sources.previewRows.useQuery({ id: sourceId, table, limit: ROW_COUNT }, CATALOG_QUERY);
  if (preview.isPending) return <Skeleton className="h-40 w-full" />;
  if (preview.isError) return <ListError error={preview.error} onRetry={() => void preview.refetch()} />;
  const { columns, rows } = preview.data;
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <p className="text-xs text-ink-faint">
        {rows.length === 0 ? "It has no rows." : rows.length < ROW_COUNT ? "All rows" : `The first ${rows.length} rows`}
      </p>
      {rows.length > 0 && (
        <div
          className="max-h-96 overflow-auto rounded-lg border border-line"
          tabIndex={0}
          role="region"
          aria-label="First rows"
        >
          <table className="min-w-full text-xs">
            <caption className="sr-only">First rows of {table}</caption>
            <thead className="sticky top-0 bg-sunken text-left text-ink-faint">
              <tr>
                {columns.map((column, index) => (
                  <th key={index} scope="col" className="px-3 py-1.5 font-mono font-medium whitespace-nowrap">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line font-mono">
              {rows.map((row, index) => (
                <tr key={index}>
                  {row.map((value, column) => (
                    <td key={column} className="max-w-72 truncate px-3 py-1.5" title={value ?? undefined}>
                      {value === null ? (
                        <span className="font-sans text-2xs text-ink-faint">NULL</span>
                      ) : value === "" ? (
                        <span className="font-sans text-2xs text-ink-faint">empty</span>
                      ) : (
                        value
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
