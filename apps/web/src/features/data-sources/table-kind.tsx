import type { TableKind } from "@millrace/shared";
import { Eye, type LucideIcon, Table2, TableProperties, Unplug } from "lucide-react";

const KINDS: Record<TableKind, { readonly word: string; readonly icon: LucideIcon }> = {
  table: { word: "Table", icon: Table2 },
  partitioned_table: { word: "Partitioned table", icon: TableProperties },
  view: { word: "View", icon: Eye },
  materialized_view: { word: "Materialized view", icon: Eye },
  foreign_table: { word: "Foreign table", icon: Unplug },
};

export const tableKindWord = (kind: TableKind): string => KINDS[kind].word;

/** The kind of a table as an icon; its word is for screen readers and on hover. */
export function TableKindIcon({ kind }: { readonly kind: TableKind }) {
  const { word, icon: Icon } = KINDS[kind];
  return (
    <span title={word} className="inline-flex shrink-0">
      <Icon role="img" aria-label={word} className="size-4 text-ink-faint" />
    </span>
  );
}
