import type { RunListItem } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";
import { RunDuration, RunRows, RunVerdict } from "./run-cells.tsx";
import { RunStatus, startedBy } from "./run-status.tsx";

/** Runs of any pipeline, one a row. */
export function AllRunsTable({ runs }: { readonly runs: readonly RunListItem[] }) {
  return (
    <Table
      caption="Runs"
      head={
        <>
          <HeaderCell>Pipeline</HeaderCell>
          <HeaderCell>Status</HeaderCell>
          <HeaderCell>Started</HeaderCell>
          <HeaderCell>Duration</HeaderCell>
          <HeaderCell>Rows</HeaderCell>
          <HeaderCell>Verification</HeaderCell>
          <HeaderCell>What started it</HeaderCell>
        </>
      }
    >
      {runs.map((run) => (
        <Row key={run.id}>
          <Cell isTitle className="@4xl:max-w-80">
            <Link
              to="/runs/$runId"
              params={{ runId: run.id }}
              className="block rounded-sm font-medium break-words hover:text-accent hover:underline"
            >
              {run.pipelineName}
            </Link>
            {run.status === "failed" && run.failure && (
              <span title={run.failure.message} className="block text-xs break-words text-bad @4xl:truncate">
                {run.failure.message}
              </span>
            )}
          </Cell>
          <Cell>
            <RunStatus status={run.status} />
          </Cell>
          <Cell label="Started">
            <Time at={run.startTime ?? run.createdAt} />
          </Cell>
          <Cell label="Duration">
            <RunDuration run={run} />
          </Cell>
          <Cell label="Rows">
            <RunRows run={run} />
          </Cell>
          <Cell label="Verification">
            <RunVerdict run={run} />
          </Cell>
          <Cell label="Started by" className="@4xl:max-w-64">
            <span className="block truncate text-ink-soft" title={startedBy(run)}>
              {startedBy(run)}
            </span>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
