import type { Run } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";
import { RunDuration, RunRows, RunVerdict } from "./run-cells.tsx";
import { RunStatus, startPhrase } from "./run-status.tsx";

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
            <RunRows run={run} />
          </Cell>
          <Cell label="Verification">
            <RunVerdict run={run} />
          </Cell>
          <Cell label="Started" className="@4xl:max-w-72">
            <span className="text-ink-soft">{startPhrase(run)}</span>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
