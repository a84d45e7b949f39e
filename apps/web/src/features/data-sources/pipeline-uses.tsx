import type { DataSourceDetail, PipelineUse } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Panel } from "../../components/ui/panel.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { formatCount } from "../../lib/format.ts";

export interface PipelineUsesProps {
  readonly source: DataSourceDetail;
  readonly statusOf: (status: PipelineUse["status"]) => ReactNode;
}

/** The pipelines that use a data source, and at which end. */
export function PipelineUses({ source, statusOf }: PipelineUsesProps) {
  const { pipelines, pipelineCount } = source;
  if (pipelines.length === 0) {
    return (
      <Panel title="Pipelines">
        <p className="text-sm text-ink-soft">No pipeline uses this data source yet.</p>
      </Panel>
    );
  }
  const shown =
    pipelines.length < pipelineCount
      ? `the first ${formatCount(pipelines.length)} of ${formatCount(pipelineCount)}`
      : formatCount(pipelineCount);
  return (
    <Panel title="Pipelines" description={shown} isFlush>
      <Table
        caption="Pipelines that use this data source"
        head={
          <>
            <HeaderCell>Pipeline</HeaderCell>
            <HeaderCell>Status</HeaderCell>
            <HeaderCell>Reads here</HeaderCell>
            <HeaderCell>Writes here</HeaderCell>
          </>
        }
      >
        {pipelines.map((pipeline) => (
          <Row key={pipeline.id}>
            <Cell isTitle>
              <Link
                to="/pipelines/$pipelineId"
                params={{ pipelineId: pipeline.id }}
                className="rounded-sm font-medium break-words text-ink hover:text-accent hover:underline"
              >
                {pipeline.name}
              </Link>
            </Cell>
            <Cell>{statusOf(pipeline.status)}</Cell>
            <Cell label="Reads">
              <End isEnd={pipeline.isSource} table={pipeline.sourceTable} />
            </Cell>
            <Cell label="Writes">
              <End isEnd={pipeline.isDestination} table={pipeline.destinationTable} />
            </Cell>
          </Row>
        ))}
      </Table>
    </Panel>
  );
}

function End({ isEnd, table }: { readonly isEnd: boolean; readonly table: string | null }) {
  if (!isEnd) return <span className="text-ink-faint">—</span>;
  if (table === null) return <span className="text-ink-faint">No table yet</span>;
  return <code className="font-mono text-xs break-all">{table}</code>;
}
