import { formatTableName, parseTableName } from "@millrace/shared";
import { RefreshCw, SearchX, Table2 } from "lucide-react";
import { useMemo } from "react";
import { Button } from "../../components/ui/button.tsx";
import { EmptyState } from "../../components/ui/empty-state.tsx";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { SearchField } from "../../components/ui/search-field.tsx";
import { formatCount } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";
import { CATALOG_QUERY } from "./catalog-query.ts";
import { TableDetails } from "./table-details.tsx";
import { TableList } from "./table-list.tsx";
import { rowsOf } from "./table-rows.ts";

export interface TableExplorerProps {
  readonly sourceId: string;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  /** The table that is looked into, as its reference. */
  readonly selected: string | null;
  /** The address at which a table is looked into. */
  readonly hrefOf: (reference: string) => string;
  readonly onSelect: (reference: string) => void;
}

/** What is in a data source: schemas and tables, and of one table its columns and first rows. */
export function TableExplorer(props: TableExplorerProps) {
  const { sourceId, search, onSearch, hrefOf, onSelect } = props;
  const selected = useMemo(() => canonical(props.selected), [props.selected]);
  const tables = trpc.sources.tables.useQuery({ id: sourceId }, CATALOG_QUERY);
  const rows = useMemo(() => rowsOf(tables.data ?? [], search), [tables.data, search]);
  const found = tables.data?.find(({ reference }) => reference === selected);
  return (
    <Panel
      title="Tables"
      {...(tables.data && { description: countOf(tables.data.length) })}
      isFlush
      actions={
        <Button
          size="small"
          variant="quiet"
          icon={RefreshCw}
          isBusy={tables.isFetching}
          onClick={() => void tables.refetch()}
        >
          Refresh
        </Button>
      }
    >
      {tables.isPending ? (
        <ListSkeleton />
      ) : tables.isError ? (
        <ListError error={tables.error} onRetry={() => void tables.refetch()} />
      ) : tables.data.length === 0 ? (
        <EmptyState icon={Table2} title="No tables here">
          The user of this data source sees no table. Grant it USAGE on a schema and SELECT on its tables, as the set-up
          guide of the connection says.
        </EmptyState>
      ) : (
        <div className="lg:grid lg:grid-cols-[minmax(18rem,26rem)_minmax(0,1fr)]">
          <div className="border-line max-lg:border-b lg:border-r">
            <div className="border-b border-line p-3">
              <SearchField label="Search tables" value={search} onChange={onSearch} />
            </div>
            {rows.length === 0 ? (
              <EmptyState
                icon={SearchX}
                title="No table matches"
                action={<Button onClick={() => onSearch("")}>Show all tables</Button>}
              >
                Schemas and names are searched.
              </EmptyState>
            ) : (
              <TableList rows={rows} selected={selected} hrefOf={hrefOf} onSelect={onSelect} />
            )}
          </div>
          {selected === null ? (
            <EmptyState icon={Table2} title="No table chosen">
              Choose a table to see its columns and its first rows.
            </EmptyState>
          ) : (
            <TableDetails key={selected} sourceId={sourceId} table={selected} summary={found} />
          )}
        </div>
      )}
    </Panel>
  );
}

/** The one spelling that the list has; what cannot be read is left to the server to say. */
function canonical(reference: string | null): string | null {
  try {
    return reference === null ? null : formatTableName(parseTableName(reference));
  } catch {
    return reference;
  }
}

const countOf = (count: number): string => `${formatCount(count)} ${count === 1 ? "table" : "tables"}`;
