import type { DataSourceListItem, DataSourceOrder } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { type SortDirection, SortableHeader } from "../../components/ui/sortable-header.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";
import { formatCount } from "../../lib/format.ts";
import { ConnectorKind } from "./connector-kind.tsx";

export interface DataSourceListProps {
  readonly sources: readonly DataSourceListItem[];
  readonly order: DataSourceOrder;
  readonly onOrder: (order: DataSourceOrder) => void;
}

/** Registered connections, one a row. Passwords have no way here. */
export function DataSourceList({ sources, order, onOrder }: DataSourceListProps) {
  const sortBy = (field: "name" | "created") => ({
    direction: order === field ? ("ascending" as const) : order === `-${field}` ? ("descending" as const) : null,
    onSort: (direction: SortDirection) => onOrder(direction === "ascending" ? field : `-${field}`),
  });
  return (
    <Table
      caption="Data sources"
      head={
        <>
          <SortableHeader {...sortBy("name")}>Data source</SortableHeader>
          <HeaderCell>Kind</HeaderCell>
          <HeaderCell>Server</HeaderCell>
          <HeaderCell>Database</HeaderCell>
          <HeaderCell>User</HeaderCell>
          <HeaderCell>Pipelines</HeaderCell>
          <SortableHeader {...sortBy("created")} firstDirection="descending">
            Created
          </SortableHeader>
        </>
      }
    >
      {sources.map((source) => (
        <Row key={source.id}>
          <Cell isTitle>
            <Link
              to="/data-sources/$sourceId"
              params={{ sourceId: source.id }}
              className="rounded-sm font-medium break-words text-ink hover:text-accent hover:underline"
            >
              {source.name}
            </Link>
          </Cell>
          <Cell>
            <ConnectorKind type={source.connectionType} />
          </Cell>
          <Cell label="Server">
            <Mono text={serverOf(source)} />
          </Cell>
          <Cell label="Database">
            <Mono text={source.database} />
          </Cell>
          <Cell label="User">
            <span className="inline-flex items-center gap-1.5">
              <Mono text={source.username} />
              {source.hasPassword && (
                <span title="A password is stored, encrypted">
                  <KeyRound role="img" aria-label="with a stored password" className="size-3.5 text-ink-faint" />
                </span>
              )}
            </span>
          </Cell>
          <Cell label="Pipelines">
            {source.pipelineCount === 0 ? (
              <span className="text-ink-faint">None</span>
            ) : (
              <span className="tabular">{formatCount(source.pipelineCount)}</span>
            )}
          </Cell>
          <Cell label="Created">
            <Time at={source.createdAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

const serverOf = ({ host, port }: DataSourceListItem): string | null =>
  host === null ? null : port === null ? host : `${host}:${port}`;

function Mono({ text }: { readonly text: string | null }) {
  return text === null ? (
    <span className="text-ink-faint">—</span>
  ) : (
    <code className="block max-w-60 min-w-0 truncate font-mono text-xs" title={text}>
      {text}
    </code>
  );
}
