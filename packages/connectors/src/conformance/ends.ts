import assert from "node:assert/strict";
import {
  type Chunk,
  type Connection,
  type DestinationSession,
  executeRun,
  planRun,
  type RunIdentity,
  type RunOutcome,
  type RunRequest,
  type SourceRead,
  type SourceSession,
  type TablePlan,
} from "@millrace/engine";
import {
  AppError,
  DEFAULT_POLICIES,
  type ErrorCode,
  newId,
  type PipelinePolicies,
  type TableName,
} from "@millrace/shared";
import type { Harness, PortableColumn, PortableRow, PortableTable } from "./harness.ts";

export const tableName = (name: string): TableName => ({ schema: "public", name });

const COLUMNS: readonly PortableColumn[] = [
  { name: "id", type: "integer", isNullable: false },
  { name: "name", type: "text", isNullable: true },
  { name: "amount", type: "decimal", isNullable: true },
];

/** A table of the shape that most cases use, with rows 1 to `count`. Every seventh name is null. */
export const people = (name: string, count: number, rows = peopleRows(1, count)): PortableTable => ({
  name: tableName(name),
  columns: COLUMNS,
  primaryKey: ["id"],
  rows,
});

/** Values that rounding, cutting and trimming would change. */
export const peopleRows = (from: number, to: number): PortableRow[] =>
  Array.from({ length: to - from + 1 }, (_row, index) => {
    const id = from + index;
    return [String(id), id % 7 === 0 ? null : `person ${id} ${"x".repeat(60)} `, `9007199254740993.${id}1`];
  });

export const NAMES = COLUMNS.map(({ name }) => name);

export const NOT_VERIFIED: PipelinePolicies = { ...DEFAULT_POLICIES, verification: "off" };

export type RunOptions = Partial<Omit<RunRequest, "source" | "destination">> & Pick<RunRequest, "sourceTable">;

export function requestOf(source: Connection, destination: Connection, options: RunOptions): RunRequest {
  return {
    source,
    destination,
    destinationTable: options.sourceTable,
    writeMode: "replace",
    policies: DEFAULT_POLICIES,
    identity: null,
    signal: new AbortController().signal,
    onProgress: () => {},
    onLog: () => {},
    ...options,
  };
}

/** Both ends open, and closed again whatever happens. */
export async function withEnds<Result>(
  harness: Harness,
  work: (source: Connection, destination: Connection) => Promise<Result>,
): Promise<Result> {
  const source = await harness.open("source");
  try {
    const destination = await harness.open("destination");
    try {
      return await work(source, destination);
    } finally {
      await destination.close();
    }
  } finally {
    await source.close();
  }
}

export const copy = (harness: Harness, options: RunOptions): Promise<RunOutcome> =>
  withEnds(harness, (source, destination) => executeRun(requestOf(source, destination, options)));

export const newIdentity = (fence = 1): RunIdentity => ({ pipelineId: newId(), runId: newId(), fence });

/** A run taken apart: what the engine asks of both ends, in the order of the contract, each step when a case wants it. */
export interface OpenRun {
  readonly plan: TablePlan;
  readonly chunks: readonly Chunk[];
  readonly reader: SourceSession;
  readonly load: DestinationSession;
}

/** What of a table of some hundred kilobytes makes several chunks. */
export const SMALL_CHUNKS = 32 * 1024;

export async function withRun<Result>(
  harness: Harness,
  options: RunOptions,
  work: (run: OpenRun) => Promise<Result>,
): Promise<Result> {
  return withEnds(harness, async (source, destination) => {
    const request = requestOf(source, destination, options);
    const { signal, identity } = request;
    const plan = await planRun(request);
    const reader = await sourceOf(source).begin(options.sourceTable, signal);
    try {
      const chunks = await reader.chunks(plan, request.chunkBytes ?? SMALL_CHUNKS);
      const load = await destinationOf(destination).begin(plan, { identity, chunks, isPartial: false }, signal);
      assert.equal(load.kind, "open");
      try {
        return await work({ plan, chunks, reader, load });
      } finally {
        await load.close();
      }
    } finally {
      await reader.close();
    }
  });
}

/** Copies one chunk and commits it, as the engine does. */
export async function loadChunk({ plan, reader, load }: OpenRun, chunk: Chunk): Promise<void> {
  const writer = await load.openWriter();
  try {
    const rowCount = await writer.write(chunk, reader.read(plan, chunk).stream);
    await writer.commit({ index: chunk.index, rowCount, digest: await writer.digest() });
  } finally {
    await writer.close();
  }
}

export async function publish(
  { load, plan, reader }: OpenRun,
  rowCount: number,
): Promise<Awaited<ReturnType<DestinationSession["publish"]>>> {
  const digest = await reader.digest(plan, { index: 0, condition: null });
  const loaded = {
    rowCount,
    verification: "full",
    sourceDigest: digest,
    destinationDigest: digest,
    cursor: null,
  } as const;
  return load.publish(loaded, { count: 0, room: 0, keep: async () => {} });
}

/** The connection, whose sessions are changed before anybody has them. */
export function withSessions(connection: Connection, change: (session: SourceSession) => void): Connection {
  const side = sourceOf(connection);
  const begin: typeof side.begin = async (...args) => {
    const session = await side.begin(...args);
    change(session);
    return session;
  };
  return { ...connection, source: { ...side, begin } };
}

/** The connection, whose reads are handed on as `change` makes them. */
export const withReads = (connection: Connection, change: (read: SourceRead) => SourceRead): Connection =>
  withSessions(connection, (session) => {
    const read = session.read.bind(session);
    session.read = (...asked) => change(read(...asked));
  });

/** The connection, whose loads are changed before anybody has them. */
export function withLoads(connection: Connection, change: (load: DestinationSession) => void): Connection {
  const side = destinationOf(connection);
  const begin: typeof side.begin = async (...args) => {
    const load = await side.begin(...args);
    if (load.kind === "open") change(load);
    return load;
  };
  return { ...connection, destination: { ...side, begin } };
}

export function sourceOf({ source }: Connection): NonNullable<Connection["source"]> {
  assert.ok(source, "the connection is no source");
  return source;
}

export function destinationOf({ destination }: Connection): NonNullable<Connection["destination"]> {
  assert.ok(destination, "the connection is no destination");
  return destination;
}

/** The error that the work ends with, which has to be one of the table's, with this code. */
export async function failure(work: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<AppError> {
  const error = await work.then(
    () => assert.fail(`nothing was refused; expected ${codes.join(" or ")}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, `not an AppError: ${String(error)}`);
  assert.ok(codes.includes(error.code), `${error.code} in place of ${codes.join(" or ")}: ${error.message}`);
  return error;
}

const sorted = (rows: readonly PortableRow[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** What stands at the destination is these rows, each once, whatever their order. */
export async function assertArrived(
  harness: Harness,
  table: TableName,
  expected: readonly PortableRow[],
  columns: readonly string[] = NAMES,
): Promise<void> {
  const rows = await harness.rows("destination", table, columns);
  assert.ok(rows, "there is no table at the destination");
  assert.equal(rows.length, expected.length, "the number of rows");
  assert.deepEqual(sorted(rows), sorted(expected));
}

/** The case ran into a refusal that left everything as it was. */
export async function assertUntouched(
  harness: Harness,
  table: TableName,
  before: readonly PortableRow[] | null,
): Promise<void> {
  const rows = await harness.rows("destination", table, NAMES);
  if (before === null) assert.equal(rows, null, "a table was made");
  else assert.deepEqual(sorted(rows ?? []), sorted(before));
}
