import type { TableSummary } from "@millrace/shared";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useEffect, useRef, useState } from "react";
import { classNames } from "../../lib/class-names.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { TableKindIcon } from "./table-kind.tsx";
import { nextTable, type TableRow } from "./table-rows.ts";

const ROW_HEIGHT_PX = 36;

export interface TableListProps {
  readonly rows: readonly TableRow[];
  /** The reference of the table that is looked into. */
  readonly selected: string | null;
  /** The address at which a table is looked into. */
  readonly hrefOf: (reference: string) => string;
  readonly onSelect: (reference: string) => void;
}

/**
 * Thousands of tables at the cost of those in sight. One stop of the tab key: arrow keys, Home and End go from table to
 * table, Enter opens one.
 */
export function TableList({ rows, selected, hrefOf, onSelect }: TableListProps) {
  const viewport = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: 10,
  });
  const indexOf = (reference: string | null) =>
    rows.findIndex((row) => row.kind === "table" && row.table.reference === reference);
  const known = [current, selected].map(indexOf).find((index) => index >= 0);
  const tabStop = known ?? nextTable(rows, -1, 1);
  const selectedIndex = indexOf(selected);
  useEffect(() => {
    // What a link leads to is brought into sight; what is pressed is there already.
    if (selectedIndex >= 0) virtualizer.scrollToIndex(selectedIndex, { align: "auto" });
  }, [selectedIndex, virtualizer]);

  const onKeyDown = (event: KeyboardEvent) => {
    const next = targetOf(event.key, rows, tabStop);
    if (next === null) return;
    event.preventDefault();
    const row = rows[next];
    if (row?.kind !== "table") return;
    setCurrent(row.table.reference);
    virtualizer.scrollToIndex(next, { align: "auto" });
    // At once where it is drawn, so that the next key finds it focused however soon it comes; else once it is drawn.
    const focusIt = () => {
      const link = viewport.current?.querySelector<HTMLElement>(`[data-index="${next}"] a`);
      link?.focus();
      return link !== null && link !== undefined;
    };
    if (!focusIt()) requestAnimationFrame(focusIt);
  };

  return (
    <div ref={viewport} onKeyDown={onKeyDown} className="max-h-[28rem] overflow-auto">
      <ul aria-label="Tables" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <li
              key={key}
              data-index={index}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0 top-0"
              style={{ height: ROW_HEIGHT_PX, transform: `translateY(${start}px)` }}
            >
              {row.kind === "schema" ? (
                <p className="flex h-full items-end gap-2 px-3 pb-1.5 text-xs text-ink-faint">
                  <span className="truncate font-medium text-ink-soft">{row.schema}</span>
                  <span className="tabular">{formatCount(row.tableCount)}</span>
                </p>
              ) : (
                <TableLink
                  table={row.table}
                  href={hrefOf(row.table.reference)}
                  onSelect={onSelect}
                  isSelected={row.table.reference === selected}
                  isTabStop={index === tabStop}
                  onFocus={setCurrent}
                />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function targetOf(key: string, rows: readonly TableRow[], from: number): number | null {
  switch (key) {
    case "ArrowDown":
      return nextTable(rows, from, 1);
    case "ArrowUp":
      return nextTable(rows, from, -1);
    case "Home":
      return nextTable(rows, -1, 1);
    case "End":
      return nextTable(rows, rows.length, -1);
    default:
      return null;
  }
}

interface TableLinkProps extends Pick<TableListProps, "onSelect"> {
  readonly table: TableSummary;
  readonly href: string;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly onFocus: (reference: string) => void;
}

/** A plain link, since the router's own costs a hundred times as much, and there are thirty of them at each step of scrolling. */
const TableLink = memo(function TableLink(props: TableLinkProps) {
  const { table, href, isSelected, isTabStop, onSelect, onFocus } = props;
  return (
    <a
      href={href}
      onClick={(event) => {
        // Whoever wants it in another tab gets it there.
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        onSelect(table.reference);
      }}
      tabIndex={isTabStop ? 0 : -1}
      aria-current={isSelected ? "true" : undefined}
      onFocus={() => onFocus(table.reference)}
      className={classNames(
        "flex h-full items-center gap-2 px-3 text-sm -outline-offset-2",
        isSelected ? "bg-accent-wash text-accent" : "hover:bg-hover",
      )}
    >
      <TableKindIcon kind={table.kind} />
      <span className="min-w-0 flex-1 truncate font-mono text-xs" title={table.reference}>
        {table.name}
      </span>
      {!table.isReadable && <span className="text-2xs text-ink-faint">not readable</span>}
      <span className="tabular shrink-0 text-xs text-ink-soft">
        {table.estimatedRows === null ? "" : `~${formatCount(table.estimatedRows)} rows`}
      </span>
      <span className="tabular w-16 shrink-0 text-right text-xs text-ink-faint">
        {table.estimatedBytes === null ? "" : formatBytes(table.estimatedBytes)}
      </span>
    </a>
  );
});
