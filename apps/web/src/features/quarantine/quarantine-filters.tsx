import type { QuarantineState, QuarantineSummary } from "@millrace/shared";
import { useCallback } from "react";
import { SearchField } from "../../components/ui/search-field.tsx";
import { SegmentedFilter } from "../../components/ui/segmented-filter.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { formatCount } from "../../lib/format.ts";
import { STATE_WORDS } from "./quarantine-state.tsx";
import { NO_COLUMN, QUARANTINE_STATES, type QuarantineView } from "./quarantine-view.ts";

const ALL = "all";

export interface QuarantineFilterBarProps {
  readonly summary: QuarantineSummary;
  readonly view: QuarantineView;
  readonly maySeeRows: boolean;
  readonly onViewChange: (change: QuarantineView) => void;
}

/** Narrows the rows by state, code and column, and for those who may see keys by a part of the key. */
export function QuarantineFilterBar({ summary, view, maySeeRows, onViewChange }: QuarantineFilterBarProps) {
  const { states, kinds } = summary;
  const search = useCallback((text: string) => onViewChange({ key: text || undefined }), [onViewChange]);
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
      <SegmentedFilter<QuarantineState | typeof ALL>
        label="State of the rows"
        value={view.aside ?? ALL}
        options={[
          { value: ALL, label: "All", count: states.held + states.replayed + states.discarded },
          ...QUARANTINE_STATES.filter((state) => states[state] > 0 || state === view.aside).map((value) => ({
            value,
            label: STATE_WORDS[value].word,
            icon: STATE_WORDS[value].icon,
            count: states[value],
          })),
        ]}
        onChange={(next) => onViewChange({ aside: next === ALL ? undefined : next })}
      />
      <SelectField
        label="Code"
        value={view.code ?? ALL}
        options={[
          { value: ALL, label: "Any code" },
          ...counted(
            kinds.map(({ code, count }) => [code, count]),
            view.code,
          ).map(([value, count]) => ({
            value,
            label: `${value} (${formatCount(count)})`,
          })),
        ]}
        onChange={(next) => onViewChange({ code: next === ALL ? undefined : next })}
      />
      <SelectField
        label="Column"
        value={view.column ?? ALL}
        options={[
          { value: ALL, label: "Any column" },
          ...counted(
            kinds.map(({ column, count }) => [column ?? NO_COLUMN, count]),
            view.column,
          ).map(([value, count]) => ({
            value,
            label: `${value === NO_COLUMN ? "The whole row" : value} (${formatCount(count)})`,
          })),
        ]}
        onChange={(next) => onViewChange({ column: next === ALL ? undefined : next })}
      />
      {maySeeRows ? (
        <SearchField label="Search by key" value={view.key ?? ""} onChange={search} />
      ) : (
        <p className="text-xs text-ink-faint">Keys and values are for editors.</p>
      )}
    </div>
  );
}

/** What there is, each once with its sum, the most frequent first; what is chosen stays a choice where there is none of it. */
function counted(entries: readonly (readonly [string, number])[], chosen: string | undefined): [string, number][] {
  const sums = new Map<string, number>(chosen === undefined ? [] : [[chosen, 0]]);
  for (const [name, count] of entries) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums].sort(([, a], [, b]) => b - a);
}
