import type { ReactNode } from "react";
import { ColumnsStep } from "./columns-step.tsx";
import { DataSourceField } from "./data-source-field.tsx";
import type { StepId } from "./draft.ts";
import { ReviewStep, type ReviewStepProps } from "./review-step.tsx";
import { ScheduleStep } from "./schedule-step.tsx";
import { TablesOf, unreadableReason } from "./tables-of.tsx";

export interface StepContentProps extends ReviewStepProps {
  readonly step: StepId;
  readonly createSourceLink: ReactNode;
  /** Whether custom SQL may be written here. */
  readonly canQuery: boolean;
}

/** The fields of one step. */
export function StepContent({ step, createSourceLink, canQuery, ...props }: StepContentProps) {
  const { draft, change, faults } = props;
  switch (step) {
    case "source":
      return (
        <DataSourceField
          label="Source"
          value={draft.sourceId}
          error={faults.sourceId}
          createLink={createSourceLink}
          onChange={(sourceId) => change({ sourceId })}
        />
      );
    case "table":
      return (
        draft.sourceId !== null && (
          <TablesOf
            label="Search the tables of the source"
            sourceId={draft.sourceId}
            value={draft.sourceTable}
            error={faults.sourceTable}
            disabledReason={unreadableReason}
            onChange={(sourceTable) => change({ sourceTable })}
          />
        )
      );
    case "destination":
      return (
        <DataSourceField
          label="Destination"
          value={draft.destinationId}
          error={faults.destinationId}
          createLink={createSourceLink}
          onChange={(destinationId) => change({ destinationId })}
        />
      );
    case "columns":
      return (
        <ColumnsStep draft={draft} change={change} faults={faults} canQuery={canQuery} pipelineId={props.pipelineId} />
      );
    case "schedule":
      return <ScheduleStep draft={draft} change={change} faults={faults} />;
    case "review":
      return <ReviewStep {...props} />;
  }
}
