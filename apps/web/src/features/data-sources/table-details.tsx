import type { TableSummary } from "@millrace/shared";
import { useEffect, useRef } from "react";
import { Link } from "@tanstack/react-router";
import { KeyRound, Sigma, Waypoints } from "lucide-react";
import { buttonClass } from "../../components/ui/button.tsx";
import { CopyButton } from "../../components/ui/copy-button.tsx";
import { ListError } from "../../components/ui/list-states.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";
import { CATALOG_QUERY } from "./catalog-query.ts";
import { RowsPreview } from "./rows-preview.tsx";
import { tableKindWord } from "./table-kind.tsx";

export interface TableDetailsProps {
  readonly sourceId: string;
  /** Its reference. */
  readonly table: string;
  /** What the list knows of it; nothing for a table that is not in it. */
  readonly summary: TableSummary | undefined;
}

/** One table: how large it is, its columns and keys, and its first rows. */
export function TableDetails({ sourceId, table, summary }: TableDetailsProps) {
  const columns = trpc.sources.columns.useQuery({ id: sourceId, table }, CATALOG_QUERY);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where the list stands above it rather than beside it, what was chosen would be out of sight.
    if (!matchMedia("(min-width: 64rem)").matches) section.current?.scrollIntoView();
  }, []);
  const facts = summary && [
    tableKindWord(summary.kind),
    summary.estimatedRows !== null && `about ${formatCount(summary.estimatedRows)} rows`,
    summary.estimatedBytes !== null && formatBytes(summary.estimatedBytes),
  ];
  return (
    <section ref={section} aria-label={`Table ${table}`} className="scroll-mt-14 flex min-w-0 flex-col gap-4 p-4">
      <header className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0">
          <h3 className="font-mono text-sm font-semibold break-all">{table}</h3>
          {facts && <p className="tabular text-xs text-ink-soft">{facts.filter(Boolean).join(" · ")}</p>}
        </div>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={table} label="Copy name" />
          {columns.isSuccess && summary?.isReadable !== false && (
            <Link
              to="/pipelines/new"
              search={{ sourceId, sourceTable: table }}
              className={buttonClass("secondary", "small")}
            >
              <Waypoints aria-hidden className="size-3.5" />
              New pipeline from it
            </Link>
          )}
        </div>
      </header>
      {columns.isPending ? (
        <div role="status" aria-label="Loading" className="flex flex-col gap-2">
          <Skeleton className="h-4 w-2/3" />
          <Skeleton className="h-4 w-1/2" />
          <Skeleton className="h-4 w-3/5" />
        </div>
      ) : columns.isError ? (
        <ListError error={columns.error} onRetry={() => void columns.refetch()} />
      ) : (
        <>
          <div
            className="max-h-72 overflow-auto rounded-lg border border-line"
            tabIndex={0}
            role="region"
            aria-label="Columns"
          >
            <table className="w-full text-sm">
              <caption className="sr-only">Columns of {table}</caption>
              <thead className="sticky top-0 bg-sunken text-left text-xs text-ink-faint">
                <tr>
                  {["Column", "Type", "Nullable"].map((head) => (
                    <th key={head} scope="col" className="px-3 py-1.5 font-medium whitespace-nowrap">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line">
                {columns.data.map(({ name, type, isNullable, isPrimaryKey, isGenerated }) => (
                  <tr key={name}>
                    <th scope="row" className="px-3 py-1.5 text-left font-normal">
                      <span className="inline-flex items-center gap-1.5 align-middle">
                        <span className="font-mono text-xs whitespace-nowrap">{name}</span>
                        {isPrimaryKey && (
                          <span title="Primary key">
                            <KeyRound role="img" aria-label="primary key" className="size-3.5 text-accent" />
                          </span>
                        )}
                        {isGenerated && (
                          <span title="Generated from other columns">
                            <Sigma role="img" aria-label="generated" className="size-3.5 text-ink-faint" />
                          </span>
                        )}
                      </span>
                    </th>
                    <td className="px-3 py-1.5 font-mono text-xs break-words text-ink-soft">{type}</td>
                    <td className="px-3 py-1.5 text-xs text-ink-soft">{isNullable ? "Yes" : "No"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {summary?.isReadable !== false && <RowsPreview sourceId={sourceId} table={table} />}
        </>
      )}
    </section>
  );
}
