import type { RunCounts, RunStatus, RunTrigger } from "@millrace/shared";
import { X } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { SegmentedFilter } from "../../components/ui/segmented-filter.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { type Period, PERIOD_NAMES, PERIODS, type RunFilters } from "./run-filters.ts";
import { RUN_STATUSES, RUN_TRIGGERS, runStatusIcon, runStatusWord, triggerPhrase } from "./run-status.tsx";

const ANY = "any";

const TRIGGER_OPTIONS = [
  { value: ANY, label: "Started in any way" },
  ...RUN_TRIGGERS.map((value) => ({ value, label: triggerPhrase(value) })),
] as const;

const PERIOD_OPTIONS = [
  { value: ANY, label: "At any time" },
  ...PERIOD_NAMES.map((value) => ({ value, label: PERIODS[value].label })),
] as const;

export interface RunFilterBarProps {
  readonly filters: RunFilters;
  /** Of the runs that the other filters leave; nothing while they are not known. */
  readonly counts: RunCounts | undefined;
  /** The name of the pipeline whose runs alone are shown. */
  readonly pipelineName: string | undefined;
  /** Called with what is to change; the rest stays. */
  readonly onChange: (change: RunFilters) => void;
}

/** What of all runs is shown. */
export function RunFilterBar({ filters, counts, pipelineName, onChange }: RunFilterBarProps) {
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <SegmentedFilter<RunStatus | typeof ANY>
        label="State"
        value={filters.status ?? ANY}
        options={[
          { value: ANY, label: "All", count: total },
          ...RUN_STATUSES.map((value) => ({
            value,
            label: runStatusWord(value),
            icon: runStatusIcon(value),
            count: counts?.[value],
          })),
        ]}
        onChange={(status) => onChange({ status: status === ANY ? undefined : status })}
      />
      <div className="flex flex-wrap items-center gap-2">
        {filters.pipeline !== undefined && (
          <Button icon={X} onClick={() => onChange({ pipeline: undefined })} className="max-w-full">
            <span className="truncate">Only {pipelineName ?? "one pipeline"}</span>
          </Button>
        )}
        <SelectField<RunTrigger | typeof ANY>
          label="What started it"
          value={filters.trigger ?? ANY}
          options={TRIGGER_OPTIONS}
          onChange={(trigger) => onChange({ trigger: trigger === ANY ? undefined : trigger })}
        />
        <SelectField<Period | typeof ANY>
          label="When it started"
          value={filters.period ?? ANY}
          options={PERIOD_OPTIONS}
          onChange={(period) => onChange({ period: period === ANY ? undefined : period })}
        />
      </div>
    </div>
  );
}
