import type { LogLevel } from "@millrace/shared";
import { ChevronDown, ChevronUp, Download } from "lucide-react";
import { useCallback } from "react";
import { buttonClass, IconButton } from "../../components/ui/button.tsx";
import { SearchField } from "../../components/ui/search-field.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { formatCount } from "../../lib/format.ts";
import { LOG_LEVEL_LABELS, LOG_LEVELS } from "./log-levels.ts";
import { type LogMatchesSnapshot, neighbour, placeOf } from "./log-matches.ts";
import type { LogView } from "./log-view.ts";

export interface LogToolbarProps {
  readonly runId: string;
  readonly view: LogView;
  /** The lines that hold what is looked for; null while nothing is. */
  readonly found: LogMatchesSnapshot | null;
  readonly onViewChange: (change: LogView) => void;
}

/** What of a log is shown, and how; and a way through what is found. */
export function LogToolbar({ runId, view, found, onViewChange }: LogToolbarProps) {
  const go = (direction: 1 | -1) => {
    const line = neighbour(found?.seqs ?? [], view.line, direction);
    if (line !== null) onViewChange({ line });
  };
  const setFind = useCallback((find: string) => onViewChange({ find: find || undefined }), [onViewChange]);
  const hasMatches = (found?.seqs.length ?? 0) > 0;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2">
      <SelectField
        label="Level"
        value={view.level ?? "debug"}
        options={LOG_LEVELS.map((value) => ({ value, label: LOG_LEVEL_LABELS[value] }))}
        onChange={(level: LogLevel) => onViewChange({ level: level === "debug" ? undefined : level })}
      />
      <div className="flex w-full flex-wrap items-center gap-1 sm:w-auto sm:flex-nowrap">
        <SearchField
          label="Find in the log"
          value={view.find ?? ""}
          onChange={setFind}
          onEnter={({ isShift }) => go(isShift ? -1 : 1)}
        />
        {found && (
          <div className="flex items-center gap-1">
            <output className="tabular min-w-24 px-1 text-xs whitespace-nowrap text-ink-soft">
              {matchText(found, view.line)}
            </output>
            <IconButton icon={ChevronUp} label="Previous match" disabled={!hasMatches} onClick={() => go(-1)} />
            <IconButton icon={ChevronDown} label="Next match" disabled={!hasMatches} onClick={() => go(1)} />
          </div>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 sm:ml-auto">
        <Switch
          label="Wrap"
          isOn={view.wrap !== "off"}
          onChange={(isOn) => onViewChange({ wrap: isOn ? undefined : "off" })}
        />
        <Switch
          label="UTC"
          isOn={view.time === "utc"}
          onChange={(isOn) => onViewChange({ time: isOn ? "utc" : undefined })}
        />
        <a href={`/api/runs/${runId}/log?format=text`} download className={buttonClass("secondary", "small")}>
          <Download aria-hidden className="size-3.5" />
          Download
        </a>
      </div>
    </div>
  );
}

function matchText({ seqs, isKnown }: LogMatchesSnapshot, line: number | undefined): string {
  if (!isKnown) return "Looking…";
  if (seqs.length === 0) return "No match";
  const total = `${formatCount(seqs.length)} ${seqs.length === 1 ? "match" : "matches"}`;
  const place = line === undefined ? -1 : placeOf(seqs, line);
  return seqs[place] === line ? `${formatCount(place + 1)} of ${total}` : total;
}
