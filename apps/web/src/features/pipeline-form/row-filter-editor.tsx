import { FILTER_OPERATORS, type FilterCondition, FilterOperator, type RowFilter } from "@millrace/shared";
import { Plus, Trash2 } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { smallInputClass } from "./small-input.ts";

const OPERATOR_WORDS: Readonly<Record<FilterOperator, string>> = {
  equals: "is",
  not_equals: "is not",
  less: "is less than",
  less_or_equal: "is at most",
  greater: "is greater than",
  greater_or_equal: "is at least",
  in: "is one of",
  not_in: "is none of",
  contains: "contains",
  starts_with: "starts with",
  ends_with: "ends with",
  is_null: "has no value",
  is_not_null: "has a value",
};

export interface RowFilterEditorProps {
  readonly filter: RowFilter | null;
  readonly columns: readonly { readonly name: string }[];
  readonly onChange: (filter: RowFilter | null) => void;
}

/** Which rows arrive: conditions in words, of which all or any must hold. */
export function RowFilterEditor({ filter, columns, onChange }: RowFilterEditorProps) {
  const conditions = filter?.conditions ?? [];
  const match = filter?.match ?? "all";
  const set = (next: RowFilter["conditions"]) => onChange(next.length === 0 ? null : { match, conditions: next });
  const [first] = columns;
  return (
    <fieldset className="flex flex-col gap-3 border-t border-line p-4">
      <legend className="sr-only">Which rows arrive</legend>
      <div className="flex flex-wrap items-center gap-2 text-sm">
        {filter === null ? (
          <span>Every row arrives.</span>
        ) : (
          <>
            <span>Rows arrive for which</span>
            <SelectField
              label="How many of the conditions must hold"
              value={match}
              options={[
                { value: "all", label: "all" },
                { value: "any", label: "any" },
              ]}
              onChange={(next) => onChange({ ...filter, match: next })}
            />
            <span>of these hold:</span>
          </>
        )}
      </div>
      {conditions.map((part, index) =>
        "conditions" in part ? (
          <p key={index} className="text-xs text-ink-soft">
            {part.match} of {part.conditions.length} conditions that were written elsewhere
          </p>
        ) : (
          <Condition
            key={index}
            number={index + 1}
            condition={part}
            columns={columns}
            onChange={(next) => set(conditions.map((each, at) => (at === index ? next : each)))}
            onRemove={() => set(conditions.filter((_, at) => at !== index))}
          />
        ),
      )}
      {first && (
        <div>
          <Button
            size="small"
            icon={Plus}
            onClick={() => set([...conditions, { column: first.name, operator: "is_not_null", values: [] }])}
          >
            Add a condition
          </Button>
        </div>
      )}
    </fieldset>
  );
}

interface ConditionProps {
  readonly number: number;
  readonly condition: FilterCondition;
  readonly columns: readonly { readonly name: string }[];
  readonly onChange: (condition: FilterCondition) => void;
  readonly onRemove: () => void;
}

function Condition({ number, condition, columns, onChange, onRemove }: ConditionProps) {
  const { column, operator, values } = condition;
  const isKnown = columns.some(({ name }) => name === column);
  const takes = FILTER_OPERATORS[operator];
  return (
    <div role="group" aria-label={`Condition ${number}`} className="flex flex-wrap items-center gap-2">
      <SelectField
        label={`Column of condition ${number}`}
        value={column}
        options={[...(isKnown ? [] : [{ name: column }]), ...columns].map(({ name }) => ({ value: name, label: name }))}
        onChange={(next) => onChange({ ...condition, column: next })}
      />
      <SelectField
        label={`Operator of condition ${number}`}
        value={operator}
        options={FilterOperator.options.map((value) => ({ value, label: OPERATOR_WORDS[value] }))}
        onChange={(next) => onChange({ ...condition, operator: next, values: valuesFor(next, values) })}
      />
      {takes !== "none" && (
        <input
          aria-label={
            takes === "some" ? `Values of condition ${number}, with commas between` : `Value of condition ${number}`
          }
          placeholder={takes === "some" ? "a, b, c" : undefined}
          value={takes === "some" ? values.join(",") : (values[0] ?? "")}
          onChange={(event) =>
            onChange({ ...condition, values: takes === "some" ? event.target.value.split(",") : [event.target.value] })
          }
          className={`${smallInputClass} w-64 max-w-full`}
        />
      )}
      <Button size="small" variant="quiet" icon={Trash2} aria-label={`Remove condition ${number}`} onClick={onRemove} />
    </div>
  );
}

/** As many values as the operator takes. */
function valuesFor(operator: FilterOperator, values: readonly string[]): string[] {
  const takes = FILTER_OPERATORS[operator];
  if (takes === "none") return [];
  return takes === "one" || values.length === 0 ? [values[0] ?? ""] : [...values];
}
