import { keepPreviousData } from "@tanstack/react-query";
import { PlanDraft, type RowPreview } from "@millrace/shared";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { trpc } from "../../lib/trpc.ts";
import type { Draft } from "./draft.ts";
import { usePaused } from "./use-paused.ts";
import { NOTHING } from "./use-plan.ts";

const ROW_LIMIT = 10;

/** What the source holds, so that nobody copies the wrong table. */
export function FirstRows({ sourceId, table }: { readonly sourceId: string; readonly table: string }) {
  const preview = trpc.sources.previewRows.useQuery(
    { id: sourceId, table, limit: ROW_LIMIT },
    { trpc: { context: { isAlone: true }, abortOnUnmount: true } },
  );
  return <RowsPanel title="First rows of the source" table={table} preview={preview} />;
}

interface MappedRowsProps {
  readonly draft: Draft;
  /** Whether a run of the draft is known to be possible: what would be refused has no rows to show. */
  readonly isPlanned: boolean;
  readonly isRefused: boolean;
}

/** What a run would send, so that nobody finds out afterwards what a mask leaves to be seen. Masked by the source itself. */
export function MappedRows({ draft, isPlanned, isRefused }: MappedRowsProps) {
  const { sourceId, sourceTable, destinationId, destinationTable, writeMode, policies, mapping } = draft;
  const asked = { sourceId, sourceTable, destinationId, destinationTable, writeMode, policies, mapping };
  const parsed = PlanDraft.safeParse(JSON.parse(usePaused(JSON.stringify(asked))));
  const preview = trpc.pipelines.previewRows.useQuery(
    { ...(parsed.data ?? NOTHING), limit: ROW_LIMIT },
    {
      enabled: parsed.success && isPlanned,
      placeholderData: keepPreviousData,
      retry: false,
      trpc: { context: { isAlone: true }, abortOnUnmount: true },
    },
  );
  return (
    parsed.success &&
    !isRefused && <RowsPanel title="First rows as they will arrive" table={draft.sourceTable ?? ""} preview={preview} />
  );
}

interface RowsPanelProps {
  readonly title: string;
  readonly table: string;
  readonly preview: {
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly data: RowPreview | undefined;
    readonly error: unknown;
    refetch(): unknown;
  };
}

function RowsPanel({ title, table, preview }: RowsPanelProps) {
  return (
    <Panel title={title} description={`At most ${ROW_LIMIT}, in the server's order`} isFlush>
      {preview.isPending ? (
        <ListSkeleton />
      ) : preview.isError ? (
        <ListError error={preview.error} onRetry={() => void preview.refetch()} />
      ) : !preview.data || preview.data.rows.length === 0 ? (
        <p className="p-4 text-sm text-ink-soft">There are no rows.</p>
      ) : (
        <div role="region" aria-label="First rows" tabIndex={0} className="overflow-x-auto -outline-offset-2">
          <table className="min-w-full text-left font-mono text-xs">
            <caption className="sr-only">First rows of {table}</caption>
            <thead>
              <tr className="border-b border-line">
                {preview.data.columns.map((column) => (
                  <th
                    key={column}
                    scope="col"
                    className="h-8 px-3 font-sans font-medium whitespace-nowrap text-ink-faint first:pl-4"
                  >
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {preview.data.rows.map((row, index) => (
                <tr key={index} className="border-b border-line last:border-b-0">
                  {row.map((value, column) => (
                    <td
                      key={preview.data?.columns[column]}
                      title={value ?? undefined}
                      className="max-w-64 truncate px-3 py-1.5 first:pl-4"
                    >
                      {value ?? <span className="text-ink-faint italic">null</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
