import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatCount, formatDuration } from "../../lib/format.ts";
import { useShownTheme } from "../../lib/theme.ts";
import type { Throughput } from "./throughput.ts";

const HEIGHT_PX = 160;
const FONT = '11px "Inter Variable", system-ui, sans-serif';
const TIME_HEIGHT_PX = 26;
/** Room for `1,234,567`. */
const SCALE_WIDTH_PX = 64;

export interface ThroughputChartProps {
  readonly throughput: Throughput;
  /** What it shows, for whoever does not see it. */
  readonly label: string;
}

/** A line of rows a second, drawn on a canvas: it is drawn anew with each sample, and nothing of it moves by itself. */
export default function ThroughputChart({ throughput, label }: ThroughputChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | null>(null);
  const latest = useRef(throughput);
  const theme = useShownTheme();

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const made = new UPlot(optionsFor(element), dataOf(latest.current), element);
    chart.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      chart.current = null;
    };
    // The colours are the theme's, and a canvas does not follow it by itself.
  }, [theme]);

  useEffect(() => {
    latest.current = throughput;
    chart.current?.setData(dataOf(throughput));
  }, [throughput]);

  return <div ref={frame} role="img" aria-label={label} className="h-40 overflow-hidden" />;
}

const dataOf = ({ seconds, rowsPerSecond }: Throughput): UPlot.AlignedData => [[...seconds], [...rowsPerSecond]];

function optionsFor(element: HTMLElement): UPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("ink-faint"),
    font: FONT,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 12, 0, 0],
    scales: { x: { time: false }, y: { range: (_chart, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        size: TIME_HEIGHT_PX,
        space: 90,
        values: (_chart, splits) => splits.map((seconds) => formatDuration(seconds * 1000)),
      },
      {
        ...axis,
        size: SCALE_WIDTH_PX,
        values: (_chart, splits) => splits.map((rate) => (Number.isInteger(rate) ? formatCount(rate) : "")),
      },
    ],
    series: [{}, { stroke: colour("accent"), width: 1.5, fill: colour("accent-wash"), points: { show: false } }],
  };
}
