import { isPlainMapping, MAX_PARALLELISM, PipelineMode, VerificationMode, WriteMode } from "@millrace/shared";
import { TableProperties } from "lucide-react";
import { useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { verificationWords } from "../../lib/policy-words.ts";
import { ErrorBudgetField } from "./error-budget-field.tsx";
import { FirstRows, MappedRows } from "./first-rows.tsx";
import { MappingPanel } from "./mapping-panel.tsx";
import { PlanView } from "./plan-view.tsx";
import { policyFaults } from "./policies.ts";
import { PolicyFields, ReplaceFields } from "./policy-fields.tsx";
import { RequiredNumberField } from "./required-number-field.tsx";
import { SchemaChangeField } from "./schema-change-field.tsx";
import type { StepProps } from "./step.ts";
import { TablesOf } from "./tables-of.tsx";
import { usePlan } from "./use-plan.ts";
import { MODE_WORDS, WRITE_MODE_WORDS } from "./write-modes.ts";

interface ColumnsStepProps extends StepProps {
  readonly canQuery: boolean;
  /** Null for a pipeline that does not exist yet. */
  readonly pipelineId: string | null;
}

/** Which table is written and how, with what a run would make of each column. */
export function ColumnsStep({ draft, change, faults, canQuery, pipelineId }: ColumnsStepProps) {
  const { plan, canBePlanned } = usePlan(draft, pipelineId);
  return (
    <div className="flex flex-col gap-6">
      <div className="grid items-start gap-x-8 gap-y-5 lg:grid-cols-2">
        <div className="flex flex-col gap-5">
          <DestinationTableField draft={draft} change={change} faults={faults} />
          <ChoiceCards
            label="What should a run compare before it publishes?"
            value={draft.policies.verification}
            onChange={(verification) => change({ policies: { ...draft.policies, verification } })}
            options={VerificationMode.options.map((value) => {
              const { title, description } = verificationWords(value);
              return { value, title, description: `${description}. Verification: ${value}.` };
            })}
          />
          <RequiredNumberField
            label="Connections at each end at once"
            description="A large table is copied in parts, so many of them at once. More is quicker as long as both servers have the room."
            value={draft.limits.parallelism}
            error={faults.limits}
            min={1}
            max={MAX_PARALLELISM}
            onChange={(parallelism) => change({ limits: { ...draft.limits, parallelism } })}
          />
          <ChoiceCards
            label="When should rows move?"
            value={draft.mode}
            error={faults.mode}
            onChange={(mode) => change({ mode })}
            options={PipelineMode.options.map((value) => ({
              value,
              ...MODE_WORDS[value],
              disabledReason: value === "realtime" ? realtimeReason(plan.data?.supportsRealtime) : undefined,
            }))}
          />
        </div>
        <div className="flex flex-col gap-5">
          <ChoiceCards
            label="What should a run do with the rows that are in the destination table?"
            value={draft.writeMode}
            error={faults.writeMode}
            onChange={(writeMode) => change({ writeMode })}
            options={WriteMode.options.map((value) => ({ value, ...WRITE_MODE_WORDS[value] }))}
          />
          <ReplaceFields draft={draft} change={change} faults={faults} />
          <ErrorBudgetField
            value={draft.policies.errorBudget}
            error={faults.policies && policyFaults(draft.policies).errorBudget}
            onChange={(errorBudget) => change({ policies: { ...draft.policies, errorBudget } })}
          />
        </div>
      </div>
      <PolicyFields draft={draft} change={change} faults={faults} plan={plan.data} />
      <SchemaChangeField draft={draft} change={change} />
      {draft.sourceId !== null && draft.sourceTable !== null && (
        <MappingPanel
          sourceId={draft.sourceId}
          table={draft.sourceTable}
          mapping={draft.mapping}
          plan={plan.data}
          canQuery={canQuery}
          onChange={(mapping) => change({ mapping })}
        />
      )}
      <PlanView plan={plan} canBePlanned={canBePlanned} />
      {draft.sourceId !== null &&
        draft.sourceTable !== null &&
        (isPlainMapping(draft.mapping) ? (
          <FirstRows sourceId={draft.sourceId} table={draft.sourceTable} />
        ) : (
          <MappedRows
            draft={draft}
            isPlanned={plan.data?.refusal === null && !plan.isFetching}
            isRefused={plan.data?.refusal != null}
          />
        ))}
    </div>
  );
}

/** Until the source has said that it can, nobody chooses what a run would refuse. */
const realtimeReason = (isSupported: boolean | null | undefined): string | undefined =>
  isSupported === true
    ? undefined
    : "This source cannot capture changes yet. A schedule can be as short as every minute.";

function DestinationTableField({ draft, change, faults }: StepProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="flex flex-col items-start gap-2">
      <div className="w-full">
        <TextField
          label="Destination table"
          description="A table that does not exist yet is created, with its schema."
          value={draft.destinationTable ?? ""}
          error={faults.destinationTable}
          name="destinationTable"
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => change({ destinationTable: event.target.value })}
        />
      </div>
      {draft.destinationId !== null && (
        <Dialog
          title="Tables of the destination"
          size="medium"
          isOpen={isOpen}
          onOpenChange={setIsOpen}
          trigger={
            <Button size="small" icon={TableProperties}>
              Choose one that exists
            </Button>
          }
        >
          <TablesOf
            label="Search the tables of the destination"
            sourceId={draft.destinationId}
            value={null}
            disabledReason={({ kind }) =>
              kind === "table" || kind === "partitioned_table" ? null : "Only tables can be written"
            }
            onChange={(destinationTable) => {
              change({ destinationTable });
              setIsOpen(false);
            }}
          />
        </Dialog>
      )}
    </div>
  );
}
