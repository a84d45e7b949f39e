import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatCount, formatDuration } from "../../lib/format.ts";
import { useShownTheme } from "../../lib/theme.ts";
import type { HistoryFigure } from "./history-figures.ts";

const HEIGHT_PX = 180;
const FONT = '11px "Inter Variable", system-ui, sans-serif';
/** Room for `1,234,567` and for `3 min 04 s`. */
const SCALE_WIDTH_PX = 68;
const BAR = { share: 0.6, maxPx: 28, radius: 0.12 };

export interface HistoryChartProps {
  readonly figures: readonly HistoryFigure[];
  /** What it shows, for whoever does not see it. */
  readonly label: string;
  /** The place of the run under the pointer, null when there is none. */
  readonly onPoint: (place: number | null) => void;
}

/** Rows as bars, duration as a line, one place for each run. */
export default function HistoryChart({ figures, label, onPoint }: HistoryChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const theme = useShownTheme();
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const chart = new UPlot(optionsFor(element, onPoint), dataOf(figures), element);
    const sizes = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      chart.destroy();
    };
    // The colours are the theme's, and a canvas does not follow it by itself.
  }, [figures, onPoint, theme]);
  return <div ref={frame} role="img" aria-label={label} className="h-45 overflow-hidden" />;
}

const dataOf = (figures: readonly HistoryFigure[]): UPlot.AlignedData => [
  figures.map((_, place) => place),
  figures.map(({ rows }) => rows),
  figures.map(({ durationMs }) => durationMs),
];

function optionsFor(element: HTMLElement, onPoint: (place: number | null) => void): UPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = { font: FONT, ticks: { show: false }, size: SCALE_WIDTH_PX };
  const fromZero: UPlot.Scale.Range = (_chart, _min, max) => [0, Math.max(1, max * 1.1)];
  const bars = UPlot.paths.bars?.({ size: [BAR.share, BAR.maxPx], radius: BAR.radius });
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    padding: [8, 0, 8, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: (_chart, min, max) => [min - 0.6, max + 0.6] },
      rows: { range: fromZero },
      duration: { range: fromZero },
    },
    axes: [
      { show: false },
      {
        ...axis,
        scale: "rows",
        stroke: colour("ink-faint"),
        grid: { stroke: colour("line"), width: 1 },
        values: (_chart, splits) => splits.map((rows) => (Number.isInteger(rows) ? formatCount(rows) : "")),
      },
      {
        ...axis,
        scale: "duration",
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot has the enum in its types only
        side: 1,
        stroke: colour("ink-faint"),
        grid: { show: false },
        values: (_chart, splits) => splits.map((ms) => formatDuration(ms)),
      },
    ],
    series: [
      {},
      {
        scale: "rows",
        fill: colour("accent-wash"),
        stroke: colour("accent"),
        width: 1,
        points: { show: false },
        ...(bars && { paths: bars }),
      },
      { scale: "duration", stroke: colour("ink-soft"), width: 1.5, points: { size: 5, fill: colour("surface") } },
    ],
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
  };
}
