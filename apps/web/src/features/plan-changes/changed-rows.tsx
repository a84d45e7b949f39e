import type { ChangedRow } from "@millrace/shared";
import { useId } from "react";
import { formatCount } from "../../lib/format.ts";
import { CHANGE_LOOKS, type ChangeKind } from "./change-looks.ts";
import { shownColumns } from "./shown-columns.ts";

export interface ChangedRowsProps {
  readonly kind: ChangeKind;
  readonly rows: readonly ChangedRow[];
  /** How many there are in all. */
  readonly total: number;
  /** What the values of rows are of. */
  readonly columns: readonly string[];
  readonly keyColumns: readonly string[];
}

/** The first rows of one kind, cell by cell; of updated ones the key and the columns that differ. */
export function ChangedRows({ kind, rows, total, columns, keyColumns }: ChangedRowsProps) {
  const titleId = useId();
  if (rows.length === 0) return null;
  const { icon: Icon, ink, word } = CHANGE_LOOKS[kind];
  const shown = shownColumns(kind, rows, columns, keyColumns);
  return (
    <div className="border-t border-line">
      <h3 id={titleId} className="flex items-center gap-2 px-4 py-2 text-xs font-medium">
        <Icon aria-hidden className={`size-3.5 ${ink}`} />
        {word}
        {rows.length < total && (
          <span className="font-normal text-ink-faint">
            the first {rows.length} of {formatCount(total)}
          </span>
        )}
      </h3>
      <div role="region" aria-labelledby={titleId} tabIndex={0} className="overflow-x-auto -outline-offset-2">
        <table aria-labelledby={titleId} className="min-w-full text-left font-mono text-xs">
          <thead>
            <tr className="border-y border-line bg-sunken">
              {shown.map(({ name, isKey }) => (
                <th
                  key={name}
                  scope="col"
                  className="h-8 px-3 font-sans font-medium whitespace-nowrap text-ink-soft first:pl-4"
                >
                  {name}
                  {isKey && <span className="font-normal text-ink-faint"> key</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index} className="border-b border-line last:border-b-0">
                {shown.map(({ name, index: at, isKey }) => (
                  <td key={name} className="max-w-72 px-3 py-1.5 align-top first:pl-4">
                    {kind === "updated" && !isKey ? (
                      <ChangedCell row={row} name={name} at={at} />
                    ) : (
                      <Cell row={row} at={at} />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const Cell = ({ row, at }: { readonly row: ChangedRow; readonly at: number }) => (
  <Value value={(row.after ?? row.before)?.[at] ?? null} />
);

/** What stands there, and below it what would. */
function ChangedCell({ row, name, at }: { readonly row: ChangedRow; readonly name: string; readonly at: number }) {
  if (!row.changed.includes(name)) return <Cell row={row} at={at} />;
  return (
    <span className="flex flex-col gap-0.5">
      <del className="rounded-sm bg-bad-wash px-1 text-bad">
        <span className="sr-only">before: </span>
        <Value value={row.before?.[at] ?? null} />
      </del>
      <ins className="rounded-sm bg-good-wash px-1 text-good no-underline">
        <span className="sr-only">after: </span>
        <Value value={row.after?.[at] ?? null} />
      </ins>
    </span>
  );
}

const Value = ({ value }: { readonly value: string | null }) =>
  value === null ? (
    <span className="italic opacity-80">null</span>
  ) : (
    <span title={value} className="block truncate">
      {value === "" ? "''" : value}
    </span>
  );
