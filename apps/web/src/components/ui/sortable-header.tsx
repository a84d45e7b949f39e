import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../lib/class-names.ts";
import { headerCellClass } from "./table.tsx";

export type SortDirection = "ascending" | "descending";

const ICONS = { ascending: ArrowUp, descending: ArrowDown };

export interface SortableHeaderProps {
  readonly children: ReactNode;
  /** How the table is sorted by this column; nothing where it is sorted by another. */
  readonly direction: SortDirection | null;
  /** The way that makes sense first: names ascend, times and amounts descend. */
  readonly firstDirection?: SortDirection;
  readonly onSort: (direction: SortDirection) => void;
}

/** The head of a column that can sort the table. */
export function SortableHeader({ children, direction, firstDirection = "ascending", onSort }: SortableHeaderProps) {
  const Icon = direction ? ICONS[direction] : ChevronsUpDown;
  const reverse = direction === "ascending" ? "descending" : "ascending";
  return (
    <th role="columnheader" scope="col" aria-sort={direction ?? "none"} className={headerCellClass}>
      <button
        type="button"
        onClick={() => onSort(direction === null ? firstDirection : reverse)}
        className="-mx-1 inline-flex items-center gap-1 rounded px-1 py-0.5 font-medium hover:text-ink"
      >
        {children}
        <Icon aria-hidden className={classNames("size-3", direction ? "text-ink" : "text-ink-faint")} />
      </button>
    </th>
  );
}
