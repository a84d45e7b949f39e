import type { ConnectionType, DataSource } from "@millrace/shared";
import { KeyRound } from "lucide-react";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";

const TYPES: Record<ConnectionType, string> = {
  postgresql: "PostgreSQL",
  mysql: "MySQL",
  sqlite: "SQLite",
  duckdb: "DuckDB",
  files: "Files",
};

/** Registered connections, one a row. Passwords have no way here. */
export function DataSourceList({ sources }: { readonly sources: readonly DataSource[] }) {
  return (
    <Table
      caption="Data sources"
      head={
        <>
          <HeaderCell>Data source</HeaderCell>
          <HeaderCell>Type</HeaderCell>
          <HeaderCell>Server</HeaderCell>
          <HeaderCell>Database</HeaderCell>
          <HeaderCell>User</HeaderCell>
          <HeaderCell>Changed</HeaderCell>
        </>
      }
    >
      {sources.map((source) => (
        <Row key={source.id}>
          <Cell isTitle>
            <span className="font-medium">{source.name}</span>
          </Cell>
          <Cell>{TYPES[source.connectionType]}</Cell>
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
          <Cell label="Changed">
            <Time at={source.updatedAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

const serverOf = ({ host, port }: DataSource): string | null =>
  host === null ? null : port === null ? host : `${host}:${port}`;

function Mono({ text }: { readonly text: string | null }) {
  return text === null ? (
    <span className="text-ink-faint">—</span>
  ) : (
    <code className="font-mono text-xs break-all">{text}</code>
  );
}
