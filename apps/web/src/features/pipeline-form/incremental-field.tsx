import type { IncrementalPolicy } from "@millrace/shared";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { Combobox } from "../../components/ui/combobox.tsx";
import { trpc } from "../../lib/trpc.ts";
import { cursorRefusal } from "./cursor-types.ts";
import { IncrementalAdvanced } from "./incremental-advanced.tsx";
import type { PolicyFaults } from "./policies.ts";

const WITHOUT_CURSOR: IncrementalPolicy = { cursor: "", nulls: "include", barrierSeconds: 30, lag: null };

export interface IncrementalFieldProps {
  readonly sourceId: string | null;
  readonly sourceTable: string | null;
  /** Null: each run reads everything. */
  readonly value: IncrementalPolicy | null;
  readonly faults: PolicyFaults;
  readonly onChange: (value: IncrementalPolicy | null) => void;
}

/** Which of the source's rows a run reads. */
export function IncrementalField({ value, onChange, ...field }: IncrementalFieldProps) {
  return (
    <div className="flex flex-col gap-3">
      <ChoiceCards
        label="Which rows does a run read?"
        value={value === null ? "all" : "changed"}
        onChange={(choice) => onChange(choice === "all" ? null : WITHOUT_CURSOR)}
        options={[
          {
            value: "all",
            title: "All of them",
            description: "Each run reads the whole table, and writes only what differs.",
          },
          {
            value: "changed",
            title: "Only what has changed",
            description:
              "The first run reads everything; later ones go on where the one before has stopped, by a column that grows with each change. Incremental.",
          },
        ]}
      />
      {value !== null && <Cursor {...field} value={value} onChange={onChange} />}
    </div>
  );
}

interface CursorProps extends Omit<IncrementalFieldProps, "value"> {
  readonly value: IncrementalPolicy;
}

function Cursor({ sourceId, sourceTable, value, faults, onChange }: CursorProps) {
  const columns = trpc.sources.columns.useQuery(
    { id: sourceId ?? "", table: sourceTable ?? "" },
    { enabled: sourceId !== null && sourceTable !== null, trpc: { context: { isAlone: true }, abortOnUnmount: true } },
  );
  const set = (fields: Partial<IncrementalPolicy>) => onChange({ ...value, ...fields });
  const type = columns.data?.find(({ name }) => name === value.cursor)?.type ?? null;
  return (
    <>
      <Combobox
        label="Cursor column"
        description="Its value has to grow whenever a row is inserted or changed, such as the time of the last change. It should have an index."
        placeholder="Choose a column"
        emptyText="No column has this in its name"
        value={value.cursor === "" ? null : value.cursor}
        error={faults.cursor}
        isLoading={columns.isPending}
        // A lag counts what the cursor counts.
        onChange={(cursor) => set({ cursor: cursor ?? "", lag: null })}
        options={(columns.data ?? []).map((column) => ({
          value: column.name,
          label: column.name,
          detail: column.isNullable ? `${column.type}, may be empty` : column.type,
          disabledReason: cursorRefusal(column.type),
        }))}
      />
      <IncrementalAdvanced value={value} cursorType={type} faults={faults} onChange={set} />
    </>
  );
}
