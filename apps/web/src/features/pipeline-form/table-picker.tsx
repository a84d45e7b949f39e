import type { TableKind, TableSummary } from "@millrace/shared";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Check, Eye, Layers, type LucideIcon, Search, Table2, TableProperties } from "lucide-react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { classNames } from "../../lib/class-names.ts";
import { formatBytes, formatCount, formatRows } from "../../lib/format.ts";
import { nextTableRow, type PickerRow, pickerRows } from "./table-groups.ts";

const ROW_HEIGHT_PX = 36;
const LIST_HEIGHT_PX = 416;
const PAGE_ROWS = 10;

const KINDS: Record<TableKind, { readonly word: string; readonly icon: LucideIcon }> = {
  table: { word: "table", icon: Table2 },
  partitioned_table: { word: "partitioned table", icon: Layers },
  view: { word: "view", icon: Eye },
  materialized_view: { word: "materialized view", icon: Eye },
  foreign_table: { word: "foreign table", icon: TableProperties },
};

export interface TablePickerProps {
  readonly label: string;
  readonly tables: readonly TableSummary[];
  /** The reference of the chosen table. */
  readonly value: string | null;
  readonly onChange: (reference: string) => void;
  readonly error?: string | undefined;
  /** Why a table cannot be chosen; null where it can. */
  readonly disabledReason?: (table: TableSummary) => string | null;
}

/**
 * A choice of one among thousands of tables: typing narrows them, arrow keys walk, Enter chooses. Only the rows in sight are
 * drawn. The search is the combobox and the list, which is always open, its listbox (ARIA 1.2).
 */
export function TablePicker({ label, tables, value, onChange, error, disabledReason = () => null }: TablePickerProps) {
  const id = useId();
  const [search, setSearch] = useState("");
  const [active, setActive] = useState<number | null>(null);
  const viewport = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => pickerRows(tables, search.trim()), [tables, search]);
  const count = rows.filter(({ kind }) => kind === "table").length;
  const chosen = rows.findIndex((row) => row.kind === "table" && row.table.reference === value);
  const current = active ?? (chosen >= 0 ? chosen : null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: 12,
    initialOffset: chosen > PAGE_ROWS ? (chosen - 3) * ROW_HEIGHT_PX : 0,
  });
  const choose = (row: PickerRow | undefined) => {
    if (row?.kind === "table" && disabledReason(row.table) === null) onChange(row.table.reference);
  };
  const walkTo = (index: number) => {
    if (index < 0) return;
    setActive(index);
    // The name of the schema comes into sight together with its first table.
    virtualizer.scrollToIndex(index <= 1 ? 0 : index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from = current ?? -1;
    const steps: Record<string, number | undefined> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE_ROWS,
      PageUp: -PAGE_ROWS,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      walkTo(nextTableRow(rows, from, step));
      return;
    }
    const row = rows[from];
    // Enter on what is chosen already goes on to the next step, as in any form.
    if (event.key === "Enter" && row?.kind === "table" && row.table.reference !== value) {
      event.preventDefault();
      choose(row);
    }
  };
  return (
    <div>
      <label htmlFor={`${id}-search`} className="sr-only">
        {label}
      </label>
      <div className="relative mb-2">
        <Search aria-hidden className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-faint" />
        <input
          id={`${id}-search`}
          role="combobox"
          aria-expanded={count > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={current === null ? undefined : `${id}-${current}`}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
          autoComplete="off"
          spellCheck={false}
          placeholder={tables.length === 1 ? "Search 1 table" : `Search ${formatCount(tables.length)} tables`}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setActive(event.target.value.trim() === "" ? null : 1);
            virtualizer.scrollToOffset(0);
          }}
          onKeyDown={onKeyDown}
          className="h-9 w-full rounded-md border border-line-strong bg-surface pr-28 pl-9 text-sm placeholder:text-ink-faint aria-invalid:border-bad"
        />
        <span role="status" className="tabular pointer-events-none absolute top-2.5 right-3 text-xs text-ink-faint">
          {search.trim() === "" ? "" : `${formatCount(count)} found`}
        </span>
      </div>
      {error !== undefined && (
        <p id={`${id}-error`} className="mb-2 text-xs font-medium text-bad">
          {error}
        </p>
      )}
      {count === 0 ? (
        <p className="rounded-lg border border-line px-4 py-10 text-center text-sm text-ink-soft">
          {tables.length === 0
            ? "This data source has no table that its user may see."
            : "No table has this in its name."}
        </p>
      ) : (
        <div
          ref={viewport}
          id={`${id}-list`}
          role="listbox"
          aria-label="Tables"
          // Some browsers make whatever scrolls a tab stop of its own; the search walks the list.
          tabIndex={-1}
          style={{ height: Math.min(virtualizer.getTotalSize() + 2, LIST_HEIGHT_PX) }}
          className="max-h-[60dvh] overflow-auto overscroll-contain rounded-lg border border-line bg-surface outline-none"
        >
          <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
            {virtualizer.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              const style = { height: ROW_HEIGHT_PX, transform: `translateY(${start}px)` };
              if (row.kind === "schema") return <SchemaRow key={`schema ${row.schema}`} row={row} style={style} />;
              return (
                <TableRow
                  key={row.table.reference}
                  id={`${id}-${index}`}
                  table={row.table}
                  position={row.position}
                  count={count}
                  isActive={index === current}
                  isChosen={row.table.reference === value}
                  disabledReason={disabledReason(row.table)}
                  style={style}
                  onChoose={() => {
                    setActive(index);
                    choose(row);
                  }}
                />
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}

interface Placed {
  readonly style: { readonly height: number; readonly transform: string };
}

function SchemaRow({ row, style }: Placed & { readonly row: Extract<PickerRow, { kind: "schema" }> }) {
  return (
    <div
      role="presentation"
      style={style}
      className="absolute inset-x-0 top-0 flex items-center justify-between border-b border-line bg-sunken px-3 text-xs font-medium text-ink-soft"
    >
      <span className="truncate">{row.schema}</span>
      <span className="tabular font-normal text-ink-faint">{formatCount(row.count)}</span>
    </div>
  );
}

interface TableRowProps extends Placed {
  readonly id: string;
  readonly table: TableSummary;
  readonly position: number;
  readonly count: number;
  readonly isActive: boolean;
  readonly isChosen: boolean;
  readonly disabledReason: string | null;
  readonly onChoose: () => void;
}

function TableRow({ id, table, position, count, isActive, isChosen, disabledReason, style, onChoose }: TableRowProps) {
  const { word, icon: Icon } = KINDS[table.kind];
  const rows = table.estimatedRows === null ? null : formatRows(table.estimatedRows);
  const bytes = table.estimatedBytes === null ? null : formatBytes(table.estimatedBytes);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the combobox above has the keys
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      aria-disabled={disabledReason !== null}
      aria-setsize={count}
      aria-posinset={position}
      title={disabledReason ?? table.reference}
      style={style}
      onClick={onChoose}
      className={classNames(
        "absolute inset-x-0 top-0 flex items-center gap-2.5 border-b border-line px-3 text-sm",
        disabledReason === null ? "cursor-pointer hover:bg-hover" : "text-ink-faint",
        isActive && "bg-hover shadow-[inset_2px_0_0_var(--ring)]",
        isChosen && "bg-accent-wash font-medium text-accent",
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <span className="min-w-0 flex-1 truncate">
        <span className="sr-only">{table.schema}.</span>
        {table.name}
      </span>
      {disabledReason === null ? (
        <>
          <span className={table.kind === "table" ? "sr-only" : "hidden text-xs font-normal text-ink-soft sm:inline"}>
            <span className="sr-only">, </span>
            {word}
          </span>
          <Estimate text={rows} className="w-24" />
          <Estimate text={bytes} className="hidden w-16 sm:inline" />
        </>
      ) : (
        <span className="max-w-[60%] truncate text-xs text-ink-soft">
          <span className="sr-only">, </span>
          {disabledReason}
        </span>
      )}
      <Check aria-hidden className={classNames("size-4 shrink-0", !isChosen && "invisible")} />
    </div>
  );
}

/** Of the catalog, which does not always have one. */
function Estimate({ text, className }: { readonly text: string | null; readonly className: string }) {
  return (
    <span className={classNames("tabular text-right text-xs font-normal text-ink-soft", className)}>
      {text === null ? (
        <span aria-hidden>—</span>
      ) : (
        <>
          <span className="sr-only">, about </span>
          {text}
        </>
      )}
    </span>
  );
}
