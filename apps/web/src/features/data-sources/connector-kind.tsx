import type { ConnectionType } from "@millrace/shared";
import { Database, FileStack, HardDrive, type LucideIcon } from "lucide-react";

const KINDS: Record<ConnectionType, { readonly word: string; readonly icon: LucideIcon }> = {
  postgresql: { word: "PostgreSQL", icon: Database },
  mysql: { word: "MySQL", icon: Database },
  sqlite: { word: "SQLite", icon: HardDrive },
  duckdb: { word: "DuckDB", icon: HardDrive },
  files: { word: "Files", icon: FileStack },
};

export const kindIcon = (type: ConnectionType): LucideIcon => KINDS[type].icon;

/** What kind of system a data source is. */
export function ConnectorKind({ type }: { readonly type: ConnectionType }) {
  const { word, icon: Icon } = KINDS[type];
  return (
    <span className="inline-flex items-center gap-1.5 align-middle whitespace-nowrap">
      <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />
      {word}
    </span>
  );
}
