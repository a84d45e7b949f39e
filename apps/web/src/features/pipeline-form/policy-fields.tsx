import { hasKey, type PipelinePlan, type PipelinePolicies } from "@millrace/shared";
import { NumberField } from "../../components/ui/number-field.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { hoursWords } from "../../lib/policy-words.ts";
import { DeletesField } from "./deletes-field.tsx";
import type { Draft, Faults } from "./draft.ts";
import { HistoryColumns } from "./history-columns.tsx";
import { IncrementalField } from "./incremental-field.tsx";
import { KeyField } from "./key-field.tsx";
import { type PolicyFaults, policyFaults, refusedPolicy } from "./policies.ts";
import { RequiredNumberField } from "./required-number-field.tsx";
import type { StepProps } from "./step.ts";

export interface PolicyFieldsProps extends StepProps {
  /** What a run would do; nothing while that is not known. */
  readonly plan: PipelinePlan | undefined;
}

/** What a write mode by key wants to know beyond its name; nothing for any other. */
export function PolicyFields({ draft, change, faults, plan }: PolicyFieldsProps) {
  const { writeMode, policies, sourceId, sourceTable } = draft;
  if (!hasKey(writeMode)) return null;
  const set = (fields: Partial<PipelinePolicies>) => change({ policies: { ...policies, ...fields } });
  const found = { ...refusedPolicy(plan?.refusal, policies), ...ownFaults(draft, faults) };
  return (
    <Panel
      title="Key, reading and deletes"
      description="Which rows a run reads, where each finds its place, and what becomes of those that are gone"
    >
      <div className="grid items-start gap-x-8 gap-y-5 lg:grid-cols-2">
        <div className="flex flex-col gap-5">
          <KeyField
            value={policies.key}
            columns={plan?.columns ?? []}
            error={found.key}
            onChange={(key) => set({ key })}
          />
          <IncrementalField
            sourceId={sourceId}
            sourceTable={sourceTable}
            value={policies.incremental}
            faults={found}
            onChange={(incremental) => set({ incremental })}
          />
        </div>
        <div className="flex flex-col gap-5">
          <DeletesField
            writeMode={writeMode}
            deletes={policies.deletes}
            isPartial={policies.incremental !== null}
            faults={found}
            onChange={(fields) => set({ deletes: { ...policies.deletes, ...fields } })}
          />
          {writeMode === "history" && <HistoryColumns />}
        </div>
      </div>
    </Panel>
  );
}

/** How far a table that is replaced may shrink, and how long it is kept; nothing for any other write mode. */
export function ReplaceFields({ draft, change, faults }: StepProps) {
  const { writeMode, policies } = draft;
  if (writeMode !== "replace") return null;
  const found = ownFaults(draft, faults);
  const { keepHours } = policies.undo;
  return (
    <>
      <NumberField
        label="Refuse to shrink the table by more than, in per cent"
        description="Empty: never, so a source without rows empties the destination."
        value={policies.maxShrinkPercent}
        error={found.maxShrinkPercent}
        min={0}
        max={100}
        onChange={(maxShrinkPercent) => change({ policies: { ...policies, maxShrinkPercent } })}
      />
      <RequiredNumberField
        label="Keep what was there so that a run can be undone, in hours"
        description={
          keepHours === 0
            ? "0: not at all, and a run cannot be undone."
            : `For ${hoursWords(keepHours)} a run can be undone. Until then the destination's disk holds the table twice, and three times while a run loads.`
        }
        value={keepHours}
        error={found.keepHours}
        min={0}
        max={MAX_KEEP_HOURS}
        onChange={(hours) => change({ policies: { ...policies, undo: { keepHours: hours } } })}
      />
    </>
  );
}

/** As the schema has it: a year. */
const MAX_KEEP_HOURS = 24 * 365;

/** Once somebody has tried to go on. What the server alone has found is shown at the first field of the write mode. */
function ownFaults({ writeMode, policies }: Draft, faults: Faults): PolicyFaults {
  if (faults.policies === undefined) return {};
  const found = policyFaults(policies);
  if (Object.keys(found).length > 0) return found;
  return hasKey(writeMode) ? { key: faults.policies } : { maxShrinkPercent: faults.policies };
}
