import type { CursorPosition, LoadResult, PublishedRun, RecordedPosition, RunIdentity } from "@millrace/engine";
import { AppError, formatTableName, type RowChanges, type TableName } from "@millrace/shared";
import { quoteTable } from "./postgres-identifiers.ts";
import { ensureTables, isTableThere } from "./postgres-own-schema.ts";
import type { PostgresSession } from "./postgres-session.ts";

/**
 * Where a destination remembers what was committed into it: one row for each pipeline and table. A claim of the pipeline
 * first raises the row's fence, in a transaction of its own; the rows of the run and the position commit together, and only
 * while the fence is still the run's. So whoever is late can neither write after the run that took over nor before it unseen.
 */

interface StoredPosition extends Omit<LoadResult, "cursor" | "verification"> {
  /** Left out by versions that knew no keys. */
  readonly changes?: RowChanges | null;
}

const CREATE_TABLE = `create table if not exists _millrace.position (
  pipeline_id uuid not null,
  stream text not null,
  fence bigint not null,
  position jsonb,
  run_id uuid,
  at timestamptz not null default now(),
  primary key (pipeline_id, stream)
)`;

export const ensurePositionTable = (session: PostgresSession): Promise<void> =>
  ensureTables(session, "position", [CREATE_TABLE]);

const streamOf = (table: TableName) => formatTableName(table);

const CLAIM = `
insert into _millrace.position as known (pipeline_id, stream, fence) values ($1, $2, $3)
on conflict (pipeline_id, stream) do update set fence = excluded.fence
where known.fence <= excluded.fence and known.run_id is distinct from $4`;

const END_SESSIONS = `
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
  and application_name ~ $1 and substring(application_name from '[0-9]+$')::numeric < $2`;

/** So that a younger claim of the pipeline finds the session and ends it. */
export async function nameSession(session: PostgresSession, { pipelineId, fence }: RunIdentity): Promise<void> {
  await session.query("select set_config('application_name', $1, false)", [`millrace/${pipelineId}/${fence}`]);
}

async function endSessions(session: PostgresSession, pipelineId: string, belowFence: number): Promise<void> {
  await session.query(END_SESSIONS, [`^millrace/${pipelineId}/[0-9]+$`, String(belowFence)]);
}

/**
 * From here on no older claim of the pipeline can commit, and its sessions are ended. Resolves to what was committed under
 * this very run, or null. Waits for a commit that is under way. Throws `FENCE_STALE` when a younger claim was here.
 */
export async function claimFence(
  session: PostgresSession,
  identity: RunIdentity,
  table: TableName,
): Promise<PublishedRun | null> {
  const { pipelineId, runId, fence } = identity;
  await nameSession(session, identity);
  // A late worker, and this one's own session of a try before, would sit on the table's locks for as long as they live.
  await endSessions(session, pipelineId, fence + 1);
  await session.query(CLAIM, [pipelineId, streamOf(table), String(fence), runId]);
  const known = await findPosition(session, identity, table);
  if (known?.published) return known.published;
  if (known?.fence !== BigInt(fence)) throw new AppError("FENCE_STALE");
  return null;
}

/**
 * What became of the run whose session was lost: what it committed, or null. That session is ended first, so that a COMMIT
 * on its way either has arrived or never does.
 */
export async function findPublished(
  session: PostgresSession,
  identity: RunIdentity,
  table: TableName,
): Promise<PublishedRun | null> {
  await endSessions(session, identity.pipelineId, identity.fence + 1);
  return (await findPosition(session, identity, table))?.published ?? null;
}

/** Waits for a commit that is under way. */
async function findPosition(
  session: PostgresSession,
  { pipelineId, runId }: RunIdentity,
  table: TableName,
): Promise<{ fence: bigint; published: PublishedRun | null } | null> {
  const [row] = await session.query<{ fence: string; run_id: string | null; position: string }>(
    "select fence::text, run_id::text, position::text from _millrace.position where pipeline_id = $1 and stream = $2 for update",
    [pipelineId, streamOf(table)],
  );
  if (!row) return null;
  const isMine = row.run_id === runId.toLowerCase();
  const published = isMine ? presentPublished(JSON.parse(row.position) as StoredPosition) : null;
  return { fence: BigInt(row.fence), published };
}

const presentPublished = ({
  rowCount,
  sourceDigest,
  destinationDigest,
  changes = null,
}: StoredPosition): PublishedRun => ({
  kind: "published",
  rowCount,
  sourceDigest,
  destinationDigest,
  changes,
});

const AT = `to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** How far the pipeline has read into this very table: one that was dropped and made again has nothing of it. */
export async function findCursor(
  session: PostgresSession,
  { pipelineId }: Pick<RunIdentity, "pipelineId">,
  table: TableName,
): Promise<RecordedPosition | null> {
  if (!(await isTableThere(session, "position"))) return null;
  const [row] = await session.query<{ cursor: string | null; at: string }>(
    `select (position -> 'cursor')::text as cursor, ${AT} as at from _millrace.position
     where pipeline_id = $1 and stream = $2 and position ->> 'table' = to_regclass($3)::oid::text`,
    [pipelineId, streamOf(table), quoteTable(table)],
  );
  const cursor = row?.cursor == null ? null : (JSON.parse(row.cursor) as CursorPosition | null);
  return row && cursor ? { ...cursor, at: row.at } : null;
}

/**
 * For a transaction that changes rows and no position: until it ends no younger claim can raise the fence. Throws `FENCE_STALE`.
 */
export async function holdFence(session: PostgresSession, identity: RunIdentity, table: TableName): Promise<void> {
  const known = await findPosition(session, identity, table);
  if (known?.fence !== BigInt(identity.fence)) throw new AppError("FENCE_STALE");
}

const RECORD = `
update _millrace.position set run_id = $5, at = now(),
  position = $4::jsonb || jsonb_build_object(
    'table', to_regclass($6)::oid::text, 'cursor', case when $7 then position -> 'cursor' else $8::jsonb end)
where pipeline_id = $1 and stream = $2 and fence = $3
returning fence::text`;

/** Writes the position in the open transaction. Throws `FENCE_STALE`, upon which the caller rolls back. */
export async function recordPosition(
  session: PostgresSession,
  identity: RunIdentity,
  table: TableName,
  published: StoredPosition & Pick<LoadResult, "cursor">,
): Promise<void> {
  const { cursor, ...stored } = published;
  const rows = await session.query(RECORD, [
    identity.pipelineId,
    streamOf(table),
    String(identity.fence),
    JSON.stringify(stored),
    identity.runId,
    quoteTable(table),
    cursor === "kept",
    cursor === "kept" || cursor === null ? null : JSON.stringify(cursor),
  ]);
  if (rows.length === 0) throw new AppError("FENCE_STALE");
}
