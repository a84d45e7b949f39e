import type { LogLevel, LogLine } from "@millrace/shared";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, ScrollText } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { classNames } from "../../lib/class-names.ts";
import { formatCount, formatExactly, formatTimeOfDay } from "../../lib/format.ts";
import { LOG_LEVEL_LABELS, LOG_LEVELS } from "./log-levels.ts";

const LEVEL_LOOKS: Record<LogLevel, string> = {
  debug: "text-ink-faint",
  info: "text-ink-soft",
  warn: "text-warn font-medium",
  error: "text-bad font-medium",
};

const LINE_HEIGHT_PX = 20;
/** Nearer to the end than this, the view counts as being at it. */
const FOLLOW_SLACK_PX = 24;

export interface RunLogProps {
  readonly lines: readonly LogLine[];
  /** Whether lines may still come. */
  readonly isLive: boolean;
  /** The lowest level that is shown. */
  readonly level: LogLevel;
  readonly onLevelChange: (level: LogLevel) => void;
}

/** The log of a run. It follows new lines until somebody scrolls up, and again from the end on. */
export function RunLog({ lines, isLive, level, onLevelChange }: RunLogProps) {
  const shown = useMemo(
    () => lines.filter((line) => LOG_LEVELS.indexOf(line.level) >= LOG_LEVELS.indexOf(level)),
    [lines, level],
  );
  return (
    <Panel
      title="Log"
      description={
        shown.length === lines.length
          ? countOf(lines.length)
          : `${formatCount(shown.length)} of ${countOf(lines.length)}`
      }
      isFlush
      actions={
        <SelectField
          label="Level"
          value={level}
          options={LOG_LEVELS.map((value) => ({ value, label: LOG_LEVEL_LABELS[value] }))}
          onChange={onLevelChange}
        />
      }
    >
      {shown.length > 0 ? <LogLines lines={shown} /> : <NoLines isLive={isLive} hasLines={lines.length > 0} />}
    </Panel>
  );
}

const countOf = (lineCount: number) => `${formatCount(lineCount)} ${lineCount === 1 ? "line" : "lines"}`;

function NoLines({ isLive, hasLines }: { readonly isLive: boolean; readonly hasLines: boolean }) {
  const reason = hasLines
    ? "No line of this level."
    : isLive
      ? "Lines appear here as the run goes."
      : "This run left no lines.";
  return (
    <p className="flex items-center justify-center gap-2 px-4 py-10 text-sm text-ink-faint">
      <ScrollText aria-hidden className="size-4" />
      {reason}
    </p>
  );
}

function LogLines({ lines }: { readonly lines: readonly LogLine[] }) {
  const viewport = useRef<HTMLDivElement>(null);
  const [isFollowing, setIsFollowing] = useState(true);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => LINE_HEIGHT_PX,
    getItemKey: (index) => lines[index]?.seq ?? index,
    overscan: 20,
  });
  useEffect(() => {
    if (isFollowing && lines.length > 0) virtualizer.scrollToIndex(lines.length - 1, { align: "end" });
  }, [isFollowing, lines.length, virtualizer]);
  const follow = () => {
    const element = viewport.current;
    if (element) setIsFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOW_SLACK_PX);
  };
  return (
    <div className="relative">
      <div
        ref={viewport}
        role="log"
        aria-label="Log lines"
        aria-live="off"
        // A scrolling region that the keyboard can reach.
        tabIndex={0}
        onScroll={follow}
        className="max-h-96 overflow-auto bg-sunken py-2 font-mono text-xs -outline-offset-2"
      >
        <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ key, index, start }) => {
            const line = lines[index];
            if (!line) return null;
            return (
              <div
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                data-seq={line.seq}
                className="absolute inset-x-0 top-0 flex flex-wrap gap-x-3 px-4 leading-5 sm:flex-nowrap"
                style={{ transform: `translateY(${start}px)` }}
              >
                <time
                  dateTime={line.at}
                  title={formatExactly(new Date(line.at))}
                  className="tabular shrink-0 text-ink-faint"
                >
                  {formatTimeOfDay(new Date(line.at))}
                </time>
                <span className={classNames("w-10 shrink-0", LEVEL_LOOKS[line.level])}>{line.level}</span>
                <span className="min-w-0 basis-full break-words whitespace-pre-wrap sm:flex-1 sm:basis-0">
                  {line.message}
                </span>
              </div>
            );
          })}
        </div>
      </div>
      {!isFollowing && (
        <Button
          size="small"
          icon={ArrowDownToLine}
          onClick={() => setIsFollowing(true)}
          className="absolute right-5 bottom-3 shadow-floating"
        >
          Follow
        </Button>
      )}
    </div>
  );
}
