import type { Pipeline } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";
import { Flow } from "./flow.tsx";
import { PipelineStatus } from "./pipeline-status.tsx";
import { ScheduleSentence } from "./schedule-sentence.tsx";
import type { RunNow } from "./use-run-now.ts";

export interface PipelineListProps {
  readonly pipelines: readonly Pipeline[];
  /** The name of a data source by its id, null where it is not known. */
  readonly nameOf: (sourceId: string | null) => string | null;
  /** Absent for who may not start runs. */
  readonly runNow: RunNow | null;
}

/** Pipelines, one a row; on a narrow screen each row folds into a card. */
export function PipelineList({ pipelines, nameOf, runNow }: PipelineListProps) {
  return (
    <Table
      caption="Pipelines"
      head={
        <>
          <HeaderCell>Pipeline</HeaderCell>
          <HeaderCell>Status</HeaderCell>
          <HeaderCell>Source and destination</HeaderCell>
          <HeaderCell>Schedule</HeaderCell>
          <HeaderCell>Last run</HeaderCell>
          <HeaderCell>Next run</HeaderCell>
          {runNow && <HeaderCell isHidden>Actions</HeaderCell>}
        </>
      }
    >
      {pipelines.map((pipeline) => (
        <Row key={pipeline.id}>
          <Cell isTitle>
            <Link
              to="/pipelines/$pipelineId"
              params={{ pipelineId: pipeline.id }}
              className="rounded-sm font-medium text-ink hover:text-accent hover:underline"
            >
              {pipeline.name}
            </Link>
          </Cell>
          <Cell>
            <PipelineStatus status={pipeline.status} />
          </Cell>
          <Cell label="Flow" className="@4xl:max-w-80">
            <Flow
              from={{ sourceName: nameOf(pipeline.sourceId), table: pipeline.sourceTable }}
              to={{ sourceName: nameOf(pipeline.destinationId), table: pipeline.destinationTable }}
            />
          </Cell>
          <Cell label="Schedule" className="@4xl:max-w-52">
            <ScheduleSentence
              schedule={pipeline.schedule}
              timezone={pipeline.timezone}
              isEnabled={pipeline.isEnabled}
            />
          </Cell>
          <Cell label="Last run">{pipeline.lastRunAt ? <Time at={pipeline.lastRunAt} /> : <Never />}</Cell>
          <Cell label="Next run">
            {pipeline.nextRunAt ? <Time at={pipeline.nextRunAt} tense="future" /> : <Never word="Not planned" />}
          </Cell>
          {runNow && (
            <Cell className="@4xl:text-right">
              <Button
                size="small"
                icon={Play}
                aria-label={`Run now: ${pipeline.name}`}
                isBusy={runNow.startingId === pipeline.id}
                disabled={pipeline.status === "running"}
                onClick={() => runNow.start(pipeline.id)}
              >
                Run now
              </Button>
            </Cell>
          )}
        </Row>
      ))}
    </Table>
  );
}

function Never({ word = "Never" }: { readonly word?: string }) {
  return <span className="whitespace-nowrap text-ink-faint">{word}</span>;
}
