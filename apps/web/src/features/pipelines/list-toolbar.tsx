import type { PipelineCounts, PipelineMode, PipelineStatus } from "@millrace/shared";
import { SearchField } from "../../components/ui/search-field.tsx";
import { SegmentedFilter } from "../../components/ui/segmented-filter.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import type { ListSearch } from "./list-search.ts";
import { PIPELINE_STATUSES, pipelineStatusIcon, pipelineStatusWord } from "./pipeline-status.tsx";

export interface ListToolbarProps {
  readonly search: ListSearch;
  readonly counts: PipelineCounts | undefined;
  /** To narrow by; empty for who may not see data sources. */
  readonly sources: readonly { readonly id: string; readonly name: string }[];
  readonly onChange: (changes: ListSearch) => void;
}

const ANY = "any";

/** What narrows the list of pipelines. */
export function ListToolbar({ search, counts, sources, onChange }: ListToolbarProps) {
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  const sourceOptions = (word: string) => [
    { value: ANY, label: word },
    ...sources.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <div className="mb-3 flex flex-col gap-2">
      <SegmentedFilter<PipelineStatus | typeof ANY>
        label="State"
        value={search.status ?? ANY}
        options={[
          { value: ANY, label: "All", count: total },
          ...PIPELINE_STATUSES.map((value) => ({
            value,
            label: pipelineStatusWord(value),
            icon: pipelineStatusIcon(value),
            count: counts?.[value],
          })),
        ]}
        onChange={(status) => onChange({ status: status === ANY ? undefined : status })}
      />
      <div className="flex flex-wrap items-center gap-2">
        <SearchField
          label="Search pipelines"
          value={search.search ?? ""}
          onChange={(text) => onChange({ search: text || undefined })}
        />
        <SelectField<PipelineMode | typeof ANY>
          label="Mode"
          value={search.mode ?? ANY}
          options={[
            { value: ANY, label: "Any mode" },
            { value: "batch", label: "Batch" },
            { value: "realtime", label: "Real time" },
          ]}
          onChange={(mode) => onChange({ mode: mode === ANY ? undefined : mode })}
        />
        {sources.length > 0 && (
          // Names of any length: a long one must not take the line for itself.
          <div className="flex flex-wrap gap-2 [&_select]:w-44">
            <SelectField
              label="Source"
              value={search.source ?? ANY}
              options={sourceOptions("Any source")}
              onChange={(source) => onChange({ source: source === ANY ? undefined : source })}
            />
            <SelectField
              label="Destination"
              value={search.destination ?? ANY}
              options={sourceOptions("Any destination")}
              onChange={(destination) => onChange({ destination: destination === ANY ? undefined : destination })}
            />
          </div>
        )}
      </div>
    </div>
  );
}
