import { DeleteMode, type DeletePolicy, type WriteMode } from "@millrace/shared";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { deleteWords } from "../../lib/policy-words.ts";
import type { PolicyFaults } from "./policies.ts";
import { RequiredNumberField } from "./required-number-field.tsx";

export interface DeletesFieldProps {
  readonly writeMode: WriteMode;
  readonly deletes: DeletePolicy;
  /** Whether a run reads only what has changed, which tells nothing of rows that are gone. */
  readonly isPartial: boolean;
  readonly faults: PolicyFaults;
  readonly onChange: (change: Partial<DeletePolicy>) => void;
}

/** What becomes of rows that the source has no more, and how many of them are too many. */
export function DeletesField({ writeMode, deletes, isPartial, faults, onChange }: DeletesFieldProps) {
  return (
    <div className="flex flex-col gap-3">
      <ChoiceCards
        label="What becomes of rows that the source has no more?"
        value={deletes.mode}
        error={faults.deletes}
        onChange={(mode) => onChange({ mode })}
        options={DeleteMode.options.map((mode) => {
          const { title, description } = deleteWords(writeMode, { deletes }, mode);
          return {
            value: mode,
            title,
            description: `${description}. Deletes: ${mode}.`,
            disabledReason:
              writeMode === "history" && mode === "hard" ? "History keeps every version, the last one too." : undefined,
          };
        })}
      />
      {deletes.mode !== "ignore" && isPartial && (
        <p className="text-xs text-ink-soft">
          Each run also reads the key of every row of the source, which is how it finds those that are gone.
        </p>
      )}
      {deletes.mode === "soft" && writeMode === "merge" && (
        <TextField
          label="Column for the time of deletion"
          description="Of the destination; it is emptied when the row comes back. A table that is created gets it."
          value={deletes.column}
          error={faults.column}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange({ column: event.target.value })}
        />
      )}
      {deletes.mode !== "ignore" && (
        <RequiredNumberField
          label="Refuse to lose more than, in per cent"
          description="A run that would take away a larger share of the destination's rows is refused before it changes anything."
          value={deletes.maxPercent}
          error={faults.maxPercent}
          min={0}
          max={100}
          onChange={(maxPercent) => onChange({ maxPercent })}
        />
      )}
    </div>
  );
}
