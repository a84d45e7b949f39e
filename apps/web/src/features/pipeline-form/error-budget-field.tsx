import { type ErrorBudget, MAX_QUARANTINED_ROWS } from "@millrace/shared";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { NumberField } from "../../components/ui/number-field.tsx";
import { formatCount } from "../../lib/format.ts";

/** What the choice begins with: few enough to look at each of them. */
const FIRST_BUDGET: ErrorBudget = { maxRows: 50 };

export interface ErrorBudgetFieldProps {
  readonly value: ErrorBudget;
  readonly error: string | undefined;
  readonly onChange: (budget: ErrorBudget) => void;
}

/** Whether one row that the destination refuses fails the run, or how many are set aside before it does. */
export function ErrorBudgetField({ value, error, onChange }: ErrorBudgetFieldProps) {
  const { maxRows, maxPercent } = value;
  const setsAside = maxRows !== undefined || maxPercent !== undefined;
  return (
    <div className="flex flex-col gap-3">
      <ChoiceCards<"fail" | "aside">
        label="What should happen when the destination refuses rows?"
        value={setsAside ? "aside" : "fail"}
        onChange={(choice) => onChange(choice === "fail" ? {} : FIRST_BUDGET)}
        options={[
          {
            value: "fail",
            title: "Fail the run",
            description: "The first refused row fails it, and nothing at the destination changes.",
          },
          {
            value: "aside",
            title: "Set them aside, up to a limit",
            description:
              "The others arrive. Rows in quarantine can be looked at, mended and replayed. Beyond the limit the run fails. Error budget.",
          },
        ]}
      />
      {setsAside && (
        <div className="flex flex-wrap gap-x-6 gap-y-3 pl-3">
          <NumberField
            label="At most so many rows"
            description={`Empty: as many as the per cent are, but no more than ${formatCount(MAX_QUARANTINED_ROWS)}.`}
            value={maxRows ?? null}
            error={error}
            min={0}
            max={MAX_QUARANTINED_ROWS}
            onChange={(rows) => onChange(budgetOf(rows, maxPercent ?? null))}
          />
          <NumberField
            label="At most so many per cent"
            description={`Of the rows read, but never more than ${formatCount(MAX_QUARANTINED_ROWS)} rows. Empty: no limit by their share.`}
            value={maxPercent ?? null}
            min={0}
            max={100}
            onChange={(percent) => onChange(budgetOf(maxRows ?? null, percent))}
          />
        </div>
      )}
    </div>
  );
}

/** A limit of nothing at all would be a run without one, which fails at the first row. */
const budgetOf = (rows: number | null, percent: number | null): ErrorBudget => ({
  ...(rows === null && percent !== null ? {} : { maxRows: rows ?? 0 }),
  ...(percent === null ? {} : { maxPercent: percent }),
});
