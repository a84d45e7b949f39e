import { createHash } from "node:crypto";
import type { CommittedChunk, RunIdentity } from "@millrace/engine";
import { AppError, type Digest, digestsEqual, formatTableName, newId, type TableName } from "@millrace/shared";
import pg from "pg";
import { quoteTable } from "./postgres-identifiers.ts";
import { ensureTables } from "./postgres-own-schema.ts";
import type { PostgresSession } from "./postgres-session.ts";

/**
 * Where a destination remembers loads that are under way: a row for each stage, which is a table of schema `_millrace` that
 * takes one run's rows, and one for each chunk that is committed into it. Whoever owns a stage holds an advisory lock on its
 * name for as long as its session lives; a stage whose lock is free is an orphan.
 */

const CREATE_TABLES = [
  `create table if not exists _millrace.stage (
    stage text primary key,
    -- Null for a copy without a pipeline.
    pipeline_id uuid,
    stream text not null,
    run_id uuid,
    fence bigint,
    -- What the rows depend on besides the source's rows.
    fingerprint text not null,
    at timestamptz not null default now()
  )`,
  `create table if not exists _millrace.chunk (
    stage text not null references _millrace.stage on delete cascade,
    chunk integer not null,
    fence bigint,
    -- Which rows of the source, in its own words.
    range text,
    -- The transaction that wrote the rows, which carry it as xmin.
    xid xid not null,
    row_count bigint not null,
    digest jsonb,
    at timestamptz not null default now(),
    primary key (stage, chunk)
  )`,
  // Of a chunk that was written in savepoints: the ids of these, which its rows carry as xmin.
  `create table if not exists _millrace.chunk_part (
    stage text not null,
    chunk integer not null,
    xid xid not null,
    foreign key (stage, chunk) references _millrace.chunk on delete cascade
  )`,
];

export const ensureStageTables = (session: PostgresSession): Promise<void> =>
  ensureTables(session, "chunk_part", CREATE_TABLES);

/** 32 digits of a pipeline, 8 of the table's name and the claim that began it: at most 63 bytes, and nobody else's. */
export function stageFor(identity: RunIdentity | null, table: TableName): TableName {
  const stream = createHash("sha256").update(formatTableName(table)).digest("hex").slice(0, 8);
  const owner = (identity?.pipelineId ?? newId()).replaceAll("-", "").toLowerCase();
  return inMillrace(`stage_${owner}_${stream}${identity ? `_${identity.fence}` : ""}`);
}

const inMillrace = (name: string): TableName => ({ schema: "_millrace", name });

const lockOf = ({ name }: TableName) => `hashtextextended(${pg.escapeLiteral(name)}, 0)`;

/** Until the session ends or lets go. Waits for an owner that is ending. */
export async function lockStage(session: PostgresSession, stage: TableName): Promise<void> {
  await session.query(`select pg_advisory_lock(${lockOf(stage)})`);
}

export async function unlockStage(session: PostgresSession, stage: TableName): Promise<void> {
  await session.query(`select pg_advisory_unlock(${lockOf(stage)})`);
}

export interface FoundStage {
  readonly stage: TableName;
  readonly runId: string;
  readonly fingerprint: string;
  /** Whether the table is still there. */
  readonly isThere: boolean;
}

/** The stages of the pipeline for the table, whatever run they were for. Normally none or one. */
export async function findStages(
  session: PostgresSession,
  { pipelineId }: RunIdentity,
  table: TableName,
): Promise<FoundStage[]> {
  const rows = await session.query<{ stage: string; run_id: string; fingerprint: string; is_there: boolean }>(
    `select stage, run_id::text, fingerprint, to_regclass('_millrace.' || quote_ident(stage)) is not null as is_there
     from _millrace.stage where pipeline_id = $1 and stream = $2 order by at`,
    [pipelineId, formatTableName(table)],
  );
  return rows.map((row) => ({
    stage: inMillrace(row.stage),
    runId: row.run_id,
    fingerprint: row.fingerprint,
    isThere: row.is_there,
  }));
}

/** Makes the stage this claim's. False when it has been dropped meanwhile. */
export async function takeOverStage(
  session: PostgresSession,
  stage: TableName,
  { fence }: RunIdentity,
): Promise<boolean> {
  const rows = await session.query(
    "update _millrace.stage set fence = $2, at = now() where stage = $1 returning stage",
    [stage.name, String(fence)],
  );
  return rows.length > 0;
}

/** In one transaction, so that no stage is there that nobody knows of. */
export async function recordStage(
  session: PostgresSession,
  stage: TableName,
  table: TableName,
  identity: RunIdentity | null,
  fingerprint: string,
): Promise<void> {
  await session.query(
    "insert into _millrace.stage (stage, pipeline_id, stream, run_id, fence, fingerprint) values ($1, $2, $3, $4, $5, $6)",
    [
      stage.name,
      identity?.pipelineId ?? null,
      formatTableName(table),
      identity?.runId ?? null,
      identity ? String(identity.fence) : null,
      fingerprint,
    ],
  );
}

export async function readChunks(session: PostgresSession, stage: TableName): Promise<CommittedChunk[]> {
  const rows = await session.query<{ chunk: number; row_count: string; digest: string | null }>(
    "select chunk, row_count::text, digest::text from _millrace.chunk where stage = $1 order by chunk",
    [stage.name],
  );
  return rows.map(({ chunk, row_count, digest }) => ({
    index: chunk,
    rowCount: Number(row_count),
    digest: digest === null ? null : (JSON.parse(digest) as Digest),
  }));
}

/**
 * Records a chunk in the transaction that wrote its rows. False when it is recorded already with the same digest. Throws
 * `DESTINATION_CHANGED` when it is recorded with another, and `FENCE_STALE`. The lock on
 * the position is shared, so that chunks may commit at once, and makes a younger claim wait for commits that are under way.
 */
export async function recordChunk(
  session: PostgresSession,
  stage: TableName,
  table: TableName,
  identity: RunIdentity | null,
  chunk: CommittedChunk & { readonly range: string | null; readonly ids: readonly string[] },
): Promise<boolean> {
  if (identity) {
    const held = await session.query(
      "select from _millrace.position where pipeline_id = $1 and stream = $2 and fence = $3 for share",
      [identity.pipelineId, formatTableName(table), String(identity.fence)],
    );
    if (held.length === 0) throw new AppError("FENCE_STALE");
  }
  const recorded = await session.query(
    `insert into _millrace.chunk (stage, chunk, fence, range, xid, row_count, digest)
     values ($1, $2, $3, $4, pg_current_xact_id()::xid, $5, $6) on conflict do nothing returning chunk`,
    [
      stage.name,
      chunk.index,
      identity ? String(identity.fence) : null,
      chunk.range,
      chunk.rowCount,
      chunk.digest === null ? null : JSON.stringify(chunk.digest),
    ],
  );
  if (recorded.length > 0) {
    if (chunk.ids.length > 0) {
      await session.query(
        "insert into _millrace.chunk_part (stage, chunk, xid) select $1, $2, unnest($3::text[])::xid",
        [stage.name, chunk.index, [...chunk.ids]],
      );
    }
    return true;
  }
  const known = (await readChunks(session, stage)).find(({ index }) => index === chunk.index);
  const isSame = known?.digest && chunk.digest && digestsEqual(known.digest, chunk.digest);
  // Rows of another snapshot: the next try compares all chunks with its own.
  if (!isSame)
    throw new AppError("DESTINATION_CHANGED", { params: { table: formatTableName(table), side: "destination" } });
  return false;
}

/**
 * Whether the chunk is committed, asked after the session with the process id was lost: that one is ended first, and if its
 * transaction has got as far as the chunk's row, its end is waited for.
 */
export async function isChunkCommitted(
  session: PostgresSession,
  stage: TableName,
  index: number,
  lostPid: number,
): Promise<boolean> {
  await session.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and datname = current_database() and usename = current_user",
    [lostPid],
  );
  // The row of a chunk holds its stage's row, by the foreign key.
  await session.query("select from _millrace.stage where stage = $1 for update", [stage.name]);
  const found = await session.query("select from _millrace.chunk where stage = $1 and chunk = $2", [stage.name, index]);
  return found.length > 0;
}

/** To be joined to the rows `s` of a stage: `c.chunk` is which chunk a row came in. All are of one where it is not loaded in chunks. */
export const chunkOfRow = ({ schema, name }: TableName): string =>
  schema === "_millrace"
    ? `left join (select stage, chunk, xid from _millrace.chunk union all select stage, chunk, xid from _millrace.chunk_part) c
       on c.stage = '${name}' and c.xid = s.xmin`
    : "cross join (select 0 as chunk) c";

/** Deletes rows and records of chunks; of all chunks at once without leaving a hole. In the open transaction. */
export async function deleteChunks(
  session: PostgresSession,
  stage: TableName,
  indexes: readonly number[],
): Promise<void> {
  const parts = await session.query<{ xid: string }>(
    "select xid::text from _millrace.chunk_part where stage = $1 and chunk = any($2)",
    [stage.name, indexes],
  );
  const deleted = await session.query<{ xid: string }>(
    "delete from _millrace.chunk where stage = $1 and chunk = any($2) returning xid::text",
    [stage.name, indexes],
  );
  const [others] = await session.query<{ count: number }>(
    "select count(*)::int4 as count from _millrace.chunk where stage = $1",
    [stage.name],
  );
  if (others?.count === 0) {
    await session.query(`truncate ${quoteTable(stage)}`);
    return;
  }
  // Freezing leaves xmin as it was, and an id is not given again while a stage lives.
  const ids = [...deleted, ...parts].map(({ xid }) => xid);
  await session.query(`delete from ${quoteTable(stage)} where xmin = any ($1::xid[])`, [ids]);
}

/** Drops stage and records, unless a younger claim has made it its own: then nothing. */
export async function dropStage(session: PostgresSession, stage: TableName, fence: number | null): Promise<void> {
  await session.query("begin");
  try {
    const mine = await session.query(
      "delete from _millrace.stage where stage = $1 and fence is not distinct from $2 returning stage",
      [stage.name, fence === null ? null : String(fence)],
    );
    if (mine.length > 0) await session.query(`drop table if exists ${quoteTable(stage)}`);
    await session.query("commit");
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

const ORPHANS = `
select s.stage, s.fence::text from _millrace.stage s
-- In this order, or locks would stay on stages that are none of its business.
where case when s.pipeline_id is null
    or greatest(s.at, (select max(c.at) from _millrace.chunk c where c.stage = s.stage)) < now() - interval '1 hour'
  then pg_try_advisory_lock(hashtextextended(s.stage, 0)) else false end`;

/**
 * Drops the stages whose owners are gone and that nobody goes on with: those of copies without a pipeline, and those that
 * have waited an hour for another claim. A load begins with this; that it could not clean up after another one stops nobody.
 */
export async function dropOrphans(session: PostgresSession): Promise<void> {
  for (const { stage, fence } of await session.query<{ stage: string; fence: string | null }>(ORPHANS)) {
    const orphan = inMillrace(stage);
    await dropStage(session, orphan, fence === null ? null : Number(fence)).catch(() => {});
    await unlockStage(session, orphan);
  }
}
