import type { ConnectionType } from "@millrace/shared";
import { Database, FileStack, HardDrive, type LucideIcon } from "lucide-react";

const SYSTEMS: Record<ConnectionType, { readonly word: string; readonly icon: LucideIcon }> = {
  postgresql: { word: "PostgreSQL", icon: Database },
  mysql: { word: "MySQL", icon: Database },
  sqlite: { word: "SQLite", icon: HardDrive },
  duckdb: { word: "DuckDB", icon: HardDrive },
  files: { word: "Files", icon: FileStack },
};

/** The kind of system behind a data source, where its name stands beside it. */
export function SystemIcon({ type }: { readonly type: ConnectionType }) {
  const { word, icon: Icon } = SYSTEMS[type];
  return (
    <span title={word} className="shrink-0">
      <Icon role="img" aria-label={word} className="size-3.5 text-ink-faint" />
    </span>
  );
}
