import type { RunDetail } from "@millrace/shared";
import { lazy, Suspense, useMemo } from "react";
import { Panel } from "../../components/ui/panel.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { formatDuration, formatRate } from "../../lib/format.ts";
import { type Throughput, throughputOf } from "./throughput.ts";

/** The library that draws is fetched once there is something to draw. */
const ThroughputChart = lazy(() => import("./throughput-chart.tsx"));

/** How fast the copy went, over its time. Nothing for a copy that was too short to have been watched. */
export function ThroughputPanel({ run }: { readonly run: RunDetail }) {
  const throughput = useMemo(() => throughputOf(run.samples), [run.samples]);
  if (!throughput) return null;
  return (
    <Panel title="Throughput" description={inWords(throughput)}>
      <div className="h-40">
        <Suspense fallback={<Skeleton className="h-40 w-full" />}>
          <ThroughputChart throughput={throughput} label={`Rows a second over the copy: ${inWords(throughput)}`} />
        </Suspense>
      </div>
    </Panel>
  );
}

function inWords({ average, highest, seconds }: Throughput): string {
  const spanMs = ((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)) * 1000;
  return `${formatRate(average)} on average, ${formatRate(highest)} at most, over ${formatDuration(spanMs)}`;
}
