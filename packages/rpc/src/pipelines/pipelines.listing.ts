import { Pipeline } from "@millrace/db";
import {
  COMPARISON_TRIGGERS,
  type CountPipelinesInput,
  hasRole,
  type ListPipelinesInput,
  type PipelineCounts,
  type PipelineEnd,
  type PipelineStatus,
  RECENT_RUNS,
  type RunStatus,
  type RunSummary,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import type { Page } from "../paging.ts";
import { type Condition, cursorAfter, orderOf, startAfter, STATUS_RANK } from "./pipeline-order.ts";

/** A pipeline and what a list shows beside it. */
export interface ListedPipeline {
  readonly pipeline: Pipeline;
  readonly source: PipelineEnd | null;
  readonly destination: PipelineEnd | null;
  readonly lastRun: RunSummary | null;
  /** Newest first, as `lastRun` without those that verify, repair or replay: they are no loads. */
  readonly recentRuns: readonly RunStatus[];
}

interface ListedRow {
  readonly id: string;
  readonly cursor_value: string | null;
  readonly source: PipelineEnd | null;
  readonly destination: PipelineEnd | null;
  /** The last ten, newest first. */
  readonly runs: readonly RunSummary[];
}

/**
 * Two statements, however many pipelines there are: one walks an index to the page and looks up the last ten runs of just its
 * rows, the other reads the pipelines. One that is deleted in between is left out.
 */
export async function listPipelines(scope: Scope, input: ListPipelinesInput): Promise<Page<ListedPipeline>> {
  const { em, actor } = scope;
  const order = orderOf(input);
  const where = joined([...conditions(scope, input), startAfter(order, input.cursor)]);
  const end = (id: string) => `(
    select json_build_object('name', d.name, 'connectionType', d.connection_type) from data_sources d
    where d.organization_id = page.organization_id and d.id = page.${id}
  )`;
  const rows = await em.execute<ListedRow[]>(
    `with page as (
       select p.id, p.organization_id, p.source_id, p.destination_id, ${order.text} as cursor_value,
         row_number() over (${order.sql}) as place
       from pipelines p where ${where.sql} ${order.sql} limit ?
     )
     select page.id, page.cursor_value, ${end("source_id")} as source, ${end("destination_id")} as destination, r.runs
     from page cross join lateral (
       select coalesce(json_agg(${RUN_SUMMARY} order by r.id desc), '[]') as runs from (
         select * from pipeline_runs r where r.organization_id = page.organization_id and r.pipeline_id = page.id
           and r.trigger not in (${NO_LOADS})
         order by r.id desc limit ${RECENT_RUNS}
       ) r
     ) r
     order by page.place`,
    [...where.params, input.limit + 1],
  );
  const shown = rows.slice(0, input.limit);
  const found = await em.find(Pipeline, { id: { $in: shown.map(({ id }) => id) } });
  const pipelines = new Map(found.map((pipeline) => [pipeline.id, pipeline]));
  const maySeeSources = hasRole(actor.role, "editor");
  const last = shown.at(-1);
  return {
    items: shown.flatMap(({ id, source, destination, runs }) => {
      const pipeline = pipelines.get(id);
      if (!pipeline) return [];
      const ends = maySeeSources ? { source, destination } : { source: null, destination: null };
      return [{ pipeline, ...ends, lastRun: runs[0] ?? null, recentRuns: runs.map(({ status }) => status) }];
    }),
    nextCursor: rows.length > input.limit && last ? cursorAfter(order, last.id, last.cursor_value) : null,
  };
}

const NO_LOADS = COMPARISON_TRIGGERS.map((trigger) => `'${trigger}'`).join(", ");

/** A run in the shape of `RunSummary`. Times by way of UTC, or JSON would carry the session's zone. */
const RUN_SUMMARY = `json_build_object(
  'id', r.id, 'status', r.status, 'startTime', ${utc("r.start_time")}, 'endTime', ${utc("r.end_time")},
  'recordsProcessed', case when r.status = 'running' then coalesce((r.progress ->> 'rows')::bigint, 0) else r.records_processed end,
  'isVerified', (r.proof ->> 'isVerified')::boolean, 'verification', r.proof ->> 'verification')`;

function utc(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** By state, whatever the state that a list is narrowed to. */
export async function countPipelines(scope: Scope, input: CountPipelinesInput): Promise<PipelineCounts> {
  const where = joined(conditions(scope, input));
  const rows = await scope.em.execute<{ status: PipelineStatus; count: number }[]>(
    `select p.status, count(*)::int as count from pipelines p where ${where.sql} group by p.status`,
    where.params,
  );
  const counts = { inactive: 0, active: 0, running: 0, failed: 0 };
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}

/** As `STATUS_RANK` counts. */
const RANKS: Record<PipelineStatus, number> = { failed: 0, running: 1, active: 2, inactive: 3 };

type Filters = CountPipelinesInput & Pick<ListPipelinesInput, "status" | "ids">;

/** The tenant first: row-level security says the same, and the indexes lead with it. */
function conditions({ actor }: Scope, { status, mode, sourceId, destinationId, search, ids }: Partial<Filters>) {
  const found: Condition[] = [{ sql: "p.organization_id = ?", params: [actor.organizationId] }];
  if (status !== undefined) found.push({ sql: `${STATUS_RANK} = ?`, params: [RANKS[status]] });
  if (mode !== undefined) found.push({ sql: "p.mode = ?", params: [mode] });
  if (sourceId !== undefined) found.push({ sql: "p.source_id = ?", params: [sourceId] });
  if (destinationId !== undefined) found.push({ sql: "p.destination_id = ?", params: [destinationId] });
  if (ids !== undefined) found.push({ sql: "p.id = any(?::uuid[])", params: [`{${ids.join(",")}}`] });
  if (search) {
    const pattern = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    found.push({ sql: "(p.name ilike ? or p.description ilike ?)", params: [pattern, pattern] });
  }
  return found;
}

const joined = (found: readonly (Condition | null)[]) => {
  const all = found.filter((condition) => condition !== null);
  return { sql: all.map(({ sql }) => sql).join(" and "), params: all.flatMap(({ params }) => [...params]) };
};
