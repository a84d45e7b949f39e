import type { ReactNode } from "react";
import { classNames } from "../../lib/class-names.ts";

export interface TableProps {
  /** What the table lists, for screen readers. */
  readonly caption: string;
  readonly head: ReactNode;
  readonly children: ReactNode;
}

/** A table that folds each row into a card where there is little room. The roles keep it a table there as well. */
export function Table({ caption, head, children }: TableProps) {
  return (
    <div className="@container">
      <table role="table" className="block w-full text-sm @4xl:table">
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup" className="sr-only @4xl:not-sr-only @4xl:table-header-group">
          <tr role="row" className="border-b border-line">
            {head}
          </tr>
        </thead>
        <tbody role="rowgroup" className="block @4xl:table-row-group">
          {children}
        </tbody>
      </table>
    </div>
  );
}

export const headerCellClass =
  "h-9 px-3 text-left text-xs font-medium whitespace-nowrap text-ink-faint first:pl-4 last:pr-4";

export function HeaderCell({
  children,
  isHidden = false,
}: {
  readonly children: ReactNode;
  readonly isHidden?: boolean;
}) {
  return (
    <th role="columnheader" scope="col" className={headerCellClass}>
      {isHidden ? <span className="sr-only">{children}</span> : children}
    </th>
  );
}

export function Row({ children }: { readonly children: ReactNode }) {
  return (
    <tr
      role="row"
      className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5 border-b border-line px-4 py-3 last:border-b-0 @4xl:table-row @4xl:p-0 @4xl:hover:bg-hover/60"
    >
      {children}
    </tr>
  );
}

export interface CellProps {
  readonly children: ReactNode;
  /** Names the value where the row is a card and has no column above it. */
  readonly label?: string;
  /** The cell that names the row. */
  readonly isTitle?: boolean;
  readonly className?: string;
}

export function Cell({ children, label, isTitle = false, className }: CellProps) {
  const Tag = isTitle ? "th" : "td";
  return (
    <Tag
      role={isTitle ? "rowheader" : "cell"}
      scope={isTitle ? "row" : undefined}
      className={classNames(
        "min-w-0 text-left font-normal @4xl:px-3 @4xl:py-2 @4xl:align-middle @4xl:first:pl-4 @4xl:last:pr-4",
        label !== undefined && "col-span-2 grid grid-cols-[6.5rem_1fr] items-baseline gap-2 @4xl:table-cell",
        className,
      )}
    >
      {label !== undefined && (
        <span aria-hidden className="text-xs text-ink-faint @4xl:hidden">
          {label}
        </span>
      )}
      {label === undefined ? children : <div className="min-w-0">{children}</div>}
    </Tag>
  );
}
