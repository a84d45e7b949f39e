import type { PlanColumn } from "@millrace/shared";
import { useState } from "react";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { SearchField } from "../../components/ui/search-field.tsx";

/** From this many columns on, a search is quicker than the eye. */
const SEARCHED_FROM = 13;

export interface KeyFieldProps {
  /** Null stands for the primary key. */
  readonly value: readonly string[] | null;
  /** What arrives, as far as it is known. */
  readonly columns: readonly PlanColumn[];
  readonly error: string | undefined;
  readonly onChange: (key: string[] | null) => void;
}

/** By which columns a row that arrives finds its place among those that are there. */
export function KeyField({ value, columns, error, onChange }: KeyFieldProps) {
  const primaryKey = columns.filter(({ isPrimaryKey }) => isPrimaryKey).map(({ name }) => name);
  return (
    <div className="flex flex-col gap-3">
      <ChoiceCards
        label="By what are rows told apart?"
        value={value === null ? "primary" : "columns"}
        error={error}
        onChange={(choice) => onChange(choice === "primary" ? null : primaryKey)}
        options={[
          { value: "primary", title: "By the primary key", description: primaryKeyWords(columns, primaryKey) },
          {
            value: "columns",
            title: "By columns that I choose",
            description: "Together they have to be different for every row, and to have a value in each.",
          },
        ]}
      />
      {value !== null && <KeyColumns value={value} columns={columns} onChange={onChange} />}
    </div>
  );
}

function primaryKeyWords(columns: readonly PlanColumn[], primaryKey: readonly string[]): string {
  if (primaryKey.length > 0) return `The source's is ${primaryKey.join(", ")}.`;
  return columns.length === 0
    ? "The destination's, or else the source's."
    : "The source has none; the destination's, if it has one.";
}

interface KeyColumnsProps extends Pick<KeyFieldProps, "columns" | "onChange"> {
  readonly value: readonly string[];
}

function KeyColumns({ value, columns, onChange }: KeyColumnsProps) {
  const [search, setSearch] = useState("");
  // A column that does not arrive any more is still shown, so that it can be taken out.
  const gone = value.filter((name) => !columns.some((column) => column.name === name));
  const names = [...gone, ...columns.map(({ name }) => name)];
  const typeOf = (name: string) => {
    const column = columns.find((each) => each.name === name);
    return column ? (column.destinationType ?? column.sourceType) : "does not arrive";
  };
  const shown = names.filter((name) => name.toLowerCase().includes(search.toLowerCase()));
  return (
    <fieldset className="rounded-lg border border-line bg-surface">
      <legend className="sr-only">Columns of the key</legend>
      {names.length >= SEARCHED_FROM && (
        <div className="border-b border-line p-2">
          <SearchField label="Search the columns" value={search} onChange={setSearch} />
        </div>
      )}
      <ul className="grid max-h-56 gap-x-6 gap-y-1.5 overflow-y-auto p-3 sm:grid-cols-2">
        {shown.map((name) => (
          <li key={name} className="min-w-0 break-words">
            <Checkbox
              label={name}
              description={typeOf(name)}
              isChecked={value.includes(name)}
              onChange={(isChecked) => onChange(isChecked ? [...value, name] : value.filter((other) => other !== name))}
            />
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="px-3 pb-3 text-sm text-ink-soft">
          {names.length === 0
            ? "The columns appear once the source table can be read."
            : "No column has this in its name."}
        </p>
      )}
    </fieldset>
  );
}
