import type { Run } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { ShieldCheck, ShieldX } from "lucide-react";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";
import { formatCount, formatDuration, formatElapsed } from "../../lib/format.ts";
import { useSecondsMs } from "../../lib/now.ts";
import { elapsedMs } from "./run-figures.ts";
import { RunStatus, triggerPhrase } from "./run-status.tsx";

/** The runs of one pipeline, one a row. */
export function RunList({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <Table
      caption="Runs"
      head={
        <>
          <HeaderCell>Run</HeaderCell>
          <HeaderCell>Status</HeaderCell>
          <HeaderCell>Duration</HeaderCell>
          <HeaderCell>Rows</HeaderCell>
          <HeaderCell>Verification</HeaderCell>
          <HeaderCell>Started</HeaderCell>
        </>
      }
    >
      {runs.map((run) => (
        <Row key={run.id}>
          <Cell isTitle>
            <Link
              to="/runs/$runId"
              params={{ runId: run.id }}
              className="rounded-sm font-medium hover:text-accent hover:underline"
            >
              <Time at={run.startTime ?? run.createdAt} />
            </Link>
          </Cell>
          <Cell>
            <RunStatus status={run.status} />
          </Cell>
          <Cell label="Duration">
            <RunDuration run={run} />
          </Cell>
          <Cell label="Rows">
            <span className="tabular">
              {formatCount(run.status === "running" ? (run.progress?.rows ?? 0) : run.recordsProcessed)}
            </span>
          </Cell>
          <Cell label="Verification">
            <Verdict isVerified={run.proof?.isVerified ?? null} />
          </Cell>
          <Cell label="Started" className="@4xl:max-w-72">
            <span className="text-ink-soft">{triggerPhrase(run.trigger)}</span>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function RunDuration({ run }: { readonly run: Run }) {
  const isTicking = run.status === "running";
  const elapsed = elapsedMs(run, useSecondsMs(isTicking));
  if (elapsed === null) return <span className="text-ink-faint">—</span>;
  return (
    <span className="tabular whitespace-nowrap">{isTicking ? formatElapsed(elapsed) : formatDuration(elapsed)}</span>
  );
}

function Verdict({ isVerified }: { readonly isVerified: boolean | null }) {
  if (isVerified === null) return <span className="text-ink-faint">—</span>;
  const Icon = isVerified ? ShieldCheck : ShieldX;
  return (
    <span className={`inline-flex items-center gap-1.5 align-middle ${isVerified ? "text-good" : "text-bad"}`}>
      <Icon aria-hidden className="size-3.5" />
      {isVerified ? "Verified" : "Differs"}
    </span>
  );
}
