import type { PipelineSummary, RunSummary } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Equal, Play, ShieldCheck, ShieldX } from "lucide-react";
import { memo, type ReactNode } from "react";
import { IconButton } from "../../components/ui/button.tsx";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { Time } from "../../components/ui/time.tsx";
import { classNames } from "../../lib/class-names.ts";
import { formatRows } from "../../lib/format.ts";
import { PipelineStatus } from "./pipeline-status.tsx";
import { RowFlow } from "./row-flow.tsx";
import { RowMenu } from "./row-menu.tsx";
import { ScheduleSentence } from "./schedule-sentence.tsx";
import { SparkStrip } from "./spark-strip.tsx";

/** What a row lets this user do; what is null is not theirs to do. All of it stays the same from one drawing to the next. */
export interface RowActions {
  readonly runNow: ((pipeline: PipelineSummary) => void) | null;
  readonly onSwitch: ((pipeline: PipelineSummary, isOn: boolean) => void) | null;
  readonly onDelete: ((pipeline: PipelineSummary) => void) | null;
  readonly onSelect: ((id: string, isSelected: boolean) => void) | null;
}

export interface PipelineRowProps {
  readonly pipeline: PipelineSummary;
  readonly actions: RowActions;
  readonly isSelected: boolean;
  readonly isStarting: boolean;
}

/** The cells of one pipeline; below the width of a table they stack as a card. */
export const PipelineRow = memo(function PipelineRow({ pipeline, actions, isSelected, isStarting }: PipelineRowProps) {
  const { id, name, lastRun, isEnabled } = pipeline;
  const { runNow, onSwitch, onDelete, onSelect } = actions;
  return (
    <>
      {onSelect && (
        <Cell className="row-start-1 @4xl:row-auto">
          <Checkbox
            label={`Select ${name}`}
            isLabelHidden
            isChecked={isSelected}
            onChange={(isChecked) => onSelect(id, isChecked)}
          />
        </Cell>
      )}
      <th role="rowheader" scope="row" className="row-start-1 min-w-0 text-left font-normal @4xl:row-auto @4xl:px-3">
        <Link
          id={`name-${id}`}
          to="/pipelines/$pipelineId"
          params={{ pipelineId: id }}
          title={name}
          className="rounded-sm font-medium break-words text-ink hover:text-accent hover:underline @4xl:line-clamp-2"
        >
          {name}
        </Link>
      </th>
      <Cell className="row-start-1 justify-self-end @4xl:row-auto @4xl:justify-self-auto">
        <span className="flex flex-col items-end @4xl:items-start">
          <PipelineStatus status={pipeline.status} />
          <span className="text-xs text-ink-faint">{MODES[pipeline.mode]}</span>
        </span>
      </Cell>
      <Cell label="Flow">
        <RowFlow
          source={pipeline.source}
          sourceTable={pipeline.sourceTable}
          destination={pipeline.destination}
          destinationTable={pipeline.destinationTable}
        />
      </Cell>
      <Cell label="Last run">
        {lastRun ? (
          <span className="flex min-w-0 flex-col">
            <Link
              to="/runs/$runId"
              params={{ runId: lastRun.id }}
              className="self-start rounded-sm hover:text-accent hover:underline"
            >
              {lastRun.startTime ? <Time at={lastRun.startTime} /> : "Waiting to start"}
            </Link>
            <span className="tabular flex items-center gap-1 text-xs whitespace-nowrap text-ink-faint">
              {formatRows(lastRun.recordsProcessed)}
              <Verdict run={lastRun} />
            </span>
          </span>
        ) : (
          <span className="text-ink-faint">Never</span>
        )}
      </Cell>
      <Cell label="Recent runs">
        <SparkStrip recentRuns={pipeline.recentRuns} />
      </Cell>
      <Cell label="Next run">
        <span className="flex min-w-0 flex-col">
          {pipeline.nextRunAt && <Time at={pipeline.nextRunAt} tense="future" />}
          <span
            className={classNames("line-clamp-2 @4xl:line-clamp-1", pipeline.nextRunAt && "text-xs text-ink-faint")}
          >
            <ScheduleSentence schedule={pipeline.schedule} timezone={pipeline.timezone} isEnabled={isEnabled} />
          </span>
        </span>
      </Cell>
      {runNow && (
        <Cell className="col-span-full flex items-center justify-end gap-1.5 @4xl:col-auto">
          {onSwitch && (
            <Switch
              label={`Schedule of ${name}`}
              isLabelHidden
              isOn={isEnabled}
              isDisabled={pipeline.schedule === null && !isEnabled}
              onChange={(isOn) => onSwitch(pipeline, isOn)}
            />
          )}
          <IconButton
            icon={Play}
            label={`Run now: ${name}`}
            isBusy={isStarting}
            disabled={pipeline.status === "running"}
            onClick={() => runNow(pipeline)}
          />
          <RowMenu pipeline={pipeline} onDelete={onDelete} />
        </Cell>
      )}
    </>
  );
});

const MODES: Record<PipelineSummary["mode"], string> = { batch: "Batch", realtime: "Real time" };

interface CellProps {
  readonly children: ReactNode;
  /** Names the value where the row is a card and has no column above it. */
  readonly label?: string;
  readonly className?: string;
}

function Cell({ children, label, className }: CellProps) {
  return (
    <td
      role="cell"
      className={classNames(
        "min-w-0 text-left @4xl:px-3",
        label !== undefined &&
          "col-span-full grid grid-cols-[6.5rem_minmax(0,1fr)] items-baseline gap-2 @4xl:col-auto @4xl:block",
        className,
      )}
    >
      {label !== undefined && (
        <span aria-hidden className="text-xs text-ink-faint @4xl:hidden">
          {label}
        </span>
      )}
      {label === undefined ? children : <div className="min-w-0">{children}</div>}
    </td>
  );
}

/** Equal counts prove less than equal digests, and have a sign of their own. */
function Verdict({ run: { isVerified, verification } }: { readonly run: RunSummary }) {
  if (isVerified === null && verification !== "count") return null;
  const [Icon, tone, word] =
    isVerified === null
      ? ([Equal, "text-ink-faint", "Row counts equal"] as const)
      : isVerified
        ? ([ShieldCheck, "text-good", "Verified"] as const)
        : ([ShieldX, "text-bad", "Source and destination differ"] as const);
  return (
    <span title={word}>
      <Icon role="img" aria-label={word} className={classNames("size-3", tone)} />
    </span>
  );
}
