import { type IncrementalPolicy, NullCursorPolicy } from "@millrace/shared";
import { ChevronRight } from "lucide-react";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { NumberField } from "../../components/ui/number-field.tsx";
import { cursorKindOf, hasOwnLag } from "./cursor-types.ts";
import type { PolicyFaults } from "./policies.ts";
import { RequiredNumberField } from "./required-number-field.tsx";

const NULLS: Record<NullCursorPolicy, { readonly title: string; readonly description: string }> = {
  include: { title: "Read them in every run", description: "None is missed. Without a cursor: include." },
  exclude: { title: "Leave them out", description: "They do not arrive, and are counted. Without a cursor: exclude." },
  fail: { title: "Fail the run", description: "Nothing changes while there is one. Without a cursor: fail." },
};

export interface IncrementalAdvancedProps {
  readonly value: IncrementalPolicy;
  /** Null while it is not known. */
  readonly cursorType: string | null;
  readonly faults: PolicyFaults;
  readonly onChange: (fields: Partial<IncrementalPolicy>) => void;
}

/** What has a good default, and wants to be looked at by few. */
export function IncrementalAdvanced({ value, cursorType, faults, onChange }: IncrementalAdvancedProps) {
  const kind = cursorType === null ? "time" : cursorKindOf(cursorType);
  return (
    <details
      className="group rounded-lg border border-line bg-surface"
      // What is wrong inside must not stay hidden.
      open={faults.barrierSeconds !== undefined || faults.lag !== undefined ? true : undefined}
    >
      <summary className="flex cursor-pointer list-none items-center gap-2 rounded-lg px-3 py-2 text-sm font-medium select-none">
        <ChevronRight
          aria-hidden
          className="size-4 shrink-0 text-ink-faint transition-transform group-open:rotate-90 motion-reduce:transition-none"
        />
        Advanced
        <span className="min-w-0 truncate text-xs font-normal text-ink-faint">waiting, lag, rows without a cursor</span>
      </summary>
      <div className="flex flex-col gap-4 border-t border-line p-3">
        <RequiredNumberField
          label="Wait for open transactions, in seconds"
          description="They may still commit rows with an earlier cursor. A run that has waited long enough goes on, and holds its position back so that the next one reads these rows."
          value={value.barrierSeconds}
          error={faults.barrierSeconds}
          min={0}
          max={3600}
          onChange={(barrierSeconds) => onChange({ barrierSeconds })}
        />
        {kind !== "name" && (
          <NumberField
            label={kind === "number" ? "Lag" : "Lag, in seconds"}
            description={`How far before its position a run begins, for a cursor that may go back. Empty: ${
              cursorType !== null && hasOwnLag(cursorType)
                ? "an hour, by which a clock without a time zone goes back once a year."
                : "nothing."
            }`}
            value={value.lag}
            error={faults.lag}
            min={0}
            max={1_000_000_000}
            onChange={(lag) => onChange({ lag })}
          />
        )}
        <ChoiceCards
          label="What about rows that have no value in the cursor?"
          value={value.nulls}
          onChange={(nulls) => onChange({ nulls })}
          options={NullCursorPolicy.options.map((nulls) => ({ value: nulls, ...NULLS[nulls] }))}
        />
      </div>
    </details>
  );
}
