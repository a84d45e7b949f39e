import type { QuarantinedValue } from "@millrace/shared";
import { TriangleAlert } from "lucide-react";
import { useId } from "react";
import { Checkbox } from "../../components/ui/checkbox.tsx";

/** The values that somebody has put in the place of others, by their columns. */
export type Edits = Readonly<Record<string, string | null>>;

export interface RowValuesProps {
  readonly values: readonly QuarantinedValue[];
  /** The columns that the refusal speaks of. */
  readonly faulty: readonly string[];
  readonly edits: Edits;
  /** Left out where nothing can be changed. */
  readonly onEdit?: (column: string, value: string | null) => void;
}

/** A row column by column as the source's own text, those at fault marked, each of them open to another value. */
export function RowValues({ values, faulty, edits, onEdit }: RowValuesProps) {
  return (
    <ul aria-label="Values" className="divide-y divide-line rounded-lg border border-line">
      {values.map((column) => (
        <RowValue
          key={column.name}
          column={column}
          isFaulty={faulty.includes(column.name)}
          value={Object.hasOwn(edits, column.name) ? (edits[column.name] ?? null) : column.value}
          onEdit={onEdit}
        />
      ))}
    </ul>
  );
}

interface RowValueProps {
  readonly column: QuarantinedValue;
  readonly isFaulty: boolean;
  readonly value: string | null;
  readonly onEdit: RowValuesProps["onEdit"];
}

function RowValue({ column, isFaulty, value, onEdit }: RowValueProps) {
  const id = useId();
  const { name, original } = column;
  return (
    <li
      aria-label={name}
      className={`flex flex-col gap-1.5 px-3 py-2.5 sm:flex-row sm:items-start sm:gap-4 ${isFaulty ? "bg-warn-wash" : ""}`}
    >
      <div className="flex min-w-0 items-center gap-1.5 sm:w-44 sm:shrink-0 sm:pt-1.5">
        <label htmlFor={onEdit && id} className="font-mono text-xs break-all">
          {name}
        </label>
        {isFaulty && (
          <span className="inline-flex items-center gap-1 text-xs font-medium text-warn">
            <TriangleAlert aria-hidden className="size-3.5 shrink-0" />
            refused
          </span>
        )}
      </div>
      <div className="min-w-0 flex-1">
        {onEdit ? (
          <div className="flex flex-col gap-1.5 sm:flex-row sm:items-start sm:gap-3">
            <textarea
              id={id}
              rows={1}
              value={value ?? ""}
              placeholder={value === null ? "NULL" : undefined}
              spellCheck={false}
              onChange={(event) => onEdit(name, event.target.value)}
              className="field-sizing-content max-h-48 min-h-8 w-full min-w-0 flex-1 resize-y rounded-md border border-line-strong bg-surface px-2 py-1.5 font-mono text-xs leading-5 text-ink placeholder:text-ink-faint"
            />
            <div className="sm:pt-1.5">
              <Checkbox
                label="NULL"
                isChecked={value === null}
                onChange={(isNull) => onEdit(name, isNull ? null : (original ?? ""))}
              />
            </div>
          </div>
        ) : (
          <Shown value={value} />
        )}
        {value !== original && (
          <p className="mt-1 text-xs break-all text-ink-faint">
            It was <Shown value={original} />
          </p>
        )}
      </div>
    </li>
  );
}

const Shown = ({ value }: { readonly value: string | null }) =>
  value === null ? (
    <span className="text-xs text-ink-faint">NULL</span>
  ) : (
    <code className="font-mono text-xs break-all whitespace-pre-wrap">{value === "" ? "(empty text)" : value}</code>
  );
