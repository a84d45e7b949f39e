import type { ConnectionType } from "@millrace/shared";
import { Database, FileStack, HardDrive, type LucideIcon } from "lucide-react";

/** How each kind of system is called and drawn. */
export const SYSTEMS: Record<ConnectionType, { readonly word: string; readonly icon: LucideIcon }> = {
  postgresql: { word: "PostgreSQL", icon: Database },
  mysql: { word: "MySQL", icon: Database },
  sqlite: { word: "SQLite", icon: HardDrive },
  duckdb: { word: "DuckDB", icon: HardDrive },
  files: { word: "Files", icon: FileStack },
};
