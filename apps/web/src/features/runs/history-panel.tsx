import type { Run } from "@millrace/shared";
import { lazy, Suspense, useMemo, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { HeaderCell } from "../../components/ui/table.tsx";
import { formatCount, formatDateTime, formatDuration, formatRows } from "../../lib/format.ts";
import { type HistoryFigure, historyFigures } from "./history-figures.ts";
import { runStatusWord } from "./run-status.tsx";

// Drawn with uPlot, which no other part of the page needs.
const HistoryChart = lazy(() => import("./history-chart.tsx"));

/** Of fewer than this a chart says nothing that the list does not. */
const MIN_RUNS = 2;

/** Rows and duration of the last runs, as a chart or as a table. `runs` come newest first. */
export function HistoryPanel({ runs }: { readonly runs: readonly Run[] }) {
  const figures = useMemo(() => historyFigures(runs), [runs]);
  const [isTable, setIsTable] = useState(false);
  const [place, setPlace] = useState<number | null>(null);
  if (figures.length < MIN_RUNS) return null;
  const pointed = figures[place ?? figures.length - 1];
  return (
    <Panel
      title="Rows and duration"
      description={`of the last ${figures.length} runs`}
      isFlush
      actions={
        <Button size="small" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          {isTable ? "Show as a chart" : "Show as a table"}
        </Button>
      }
    >
      {isTable ? (
        <FigureTable figures={figures} />
      ) : (
        <div className="px-2 pt-3 pb-2">
          <div className="flex flex-wrap items-center justify-between gap-x-4 px-2 text-xs text-ink-faint">
            <p aria-hidden className="flex items-center gap-3">
              <span className="flex items-center gap-1.5">
                <span className="size-2.5 rounded-xs border border-accent bg-accent-wash" /> Rows
              </span>
              <span className="flex items-center gap-1.5">
                <span className="h-0.5 w-3 bg-ink-soft" /> Duration
              </span>
            </p>
            {pointed && <p className="tabular">{sentence(pointed)}</p>}
          </div>
          <Suspense fallback={<Skeleton className="m-2 h-41" />}>
            <HistoryChart figures={figures} label={summary(figures)} onPoint={setPlace} />
          </Suspense>
        </div>
      )}
    </Panel>
  );
}

function FigureTable({ figures }: { readonly figures: readonly HistoryFigure[] }) {
  return (
    // A scrolling region that the keyboard can reach.
    <div role="region" aria-label="Rows and duration as a table" tabIndex={0} className="max-h-72 overflow-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line">
            <HeaderCell>Started</HeaderCell>
            <HeaderCell>Status</HeaderCell>
            <HeaderCell>Rows</HeaderCell>
            <HeaderCell>Duration</HeaderCell>
          </tr>
        </thead>
        <tbody className="tabular">
          {figures.toReversed().map((figure) => (
            <tr key={figure.id} className="border-b border-line last:border-b-0">
              <th scope="row" className="px-3 py-1.5 pl-4 text-left font-normal whitespace-nowrap">
                {formatDateTime(new Date(figure.at))}
              </th>
              <td className="px-3 py-1.5">{runStatusWord(figure.status)}</td>
              <td className="px-3 py-1.5">{formatCount(figure.rows)}</td>
              <td className="px-3 py-1.5 pr-4 whitespace-nowrap">{durationOf(figure)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const durationOf = ({ durationMs }: HistoryFigure) => (durationMs === null ? "—" : formatDuration(durationMs));

const sentence = (figure: HistoryFigure) =>
  [formatDateTime(new Date(figure.at)), runStatusWord(figure.status), formatRows(figure.rows), durationOf(figure)].join(
    " · ",
  );

function summary(figures: readonly HistoryFigure[]): string {
  const rows = figures.map((figure) => figure.rows);
  const durations = figures.flatMap(({ durationMs }) => durationMs ?? []);
  const span =
    durations.length === 0
      ? ""
      : `, between ${formatDuration(Math.min(...durations))} and ${formatDuration(Math.max(...durations))} long`;
  return `Chart of the last ${figures.length} runs: between ${formatCount(Math.min(...rows))} and ${formatRows(Math.max(...rows))}${span}`;
}
