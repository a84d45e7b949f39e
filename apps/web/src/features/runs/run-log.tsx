import { ScrollText } from "lucide-react";
import { useMemo, useSyncExternalStore } from "react";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { formatCount } from "../../lib/format.ts";
import { LogLines } from "./log-lines.tsx";
import { allRows, rowsOf } from "./log-rows.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import { type LogView, lineHref } from "./log-view.ts";
import type { RunLogStore } from "./run-log-store.ts";
import { useLogMatches } from "./use-log-matches.ts";

export interface RunLogProps {
  readonly runId: string;
  readonly log: RunLogStore;
  /** Whether lines may still come. */
  readonly isLive: boolean;
  readonly view: LogView;
  /** Called with what is to change; the rest stays. */
  readonly onViewChange: (change: LogView) => void;
}

/** The log of a run, however long: what is on the screen is here, the rest stays with the server. */
export function RunLog({ runId, log, isLive, view, onViewChange }: RunLogProps) {
  const { lineCount, error } = useSyncExternalStore(log.subscribe, log.read);
  const { level, find } = view;
  const shown = useLogMatches(runId, lineCount, { level });
  const found = useLogMatches(runId, lineCount, find === undefined ? {} : { level, search: find });
  const rows = useMemo(() => (shown === null ? allRows(lineCount) : rowsOf(shown.seqs)), [shown, lineCount]);
  const trouble = error ?? shown?.error ?? found?.error ?? null;
  return (
    <Panel title="Log" description={countText(lineCount, shown?.isKnown ? rows.count : lineCount)} isFlush>
      <LogToolbar runId={runId} view={view} found={found} onViewChange={onViewChange} />
      {trouble !== null && <Trouble error={trouble} />}
      {rows.count > 0 ? (
        <LogLines
          // Heights and places belong to one choice of lines.
          key={level ?? "all"}
          log={log}
          rows={rows}
          view={view}
          hrefOf={(line) => lineHref(view, line)}
          onSelect={(line) => onViewChange({ line })}
        />
      ) : (
        <NoLines reason={reasonOf(lineCount, shown?.isKnown ?? true, isLive)} />
      )}
    </Panel>
  );
}

const linesText = (count: number) => `${formatCount(count)} ${count === 1 ? "line" : "lines"}`;

const countText = (lineCount: number, shownCount: number): string =>
  shownCount === lineCount ? linesText(lineCount) : `${formatCount(shownCount)} of ${linesText(lineCount)}`;

function reasonOf(lineCount: number, isKnown: boolean, isLive: boolean): string {
  if (!isKnown) return "Looking through the log…";
  if (lineCount > 0) return "No line of this level.";
  return isLive ? "Lines appear here as the run goes." : "This run left no lines.";
}

function NoLines({ reason }: { readonly reason: string }) {
  return (
    <p className="flex items-center justify-center gap-2 px-4 py-10 text-sm text-ink-faint">
      <ScrollText aria-hidden className="size-4" />
      {reason}
    </p>
  );
}

function Trouble({ error }: { readonly error: unknown }) {
  const { message, hint } = toUserMessage(error);
  return (
    <div className="border-b border-line p-3">
      <Notice tone="warn" isAlert title={`Some lines could not be read: ${message}`}>
        {hint}
      </Notice>
    </div>
  );
}
