import { AppError, DEFAULT_POLICIES, formatTableName, hasKey, isPlainMapping } from "@millrace/shared";
import { CHUNK_BYTES, WHOLE_TABLE } from "./chunk.ts";
import type {
  Chunk,
  Connection,
  DestinationSide,
  DestinationSurvey,
  SourceSession,
  SourceSide,
  TableDescription,
  TablePlan,
} from "./connector.ts";
import type { RunRequest } from "./run.ts";
import { chooseWireFormat } from "./wire-format.ts";
import { assertRead, planUnderPolicy } from "./schema-policy.ts";
import type { ReadSource } from "./schema-uses.ts";

/** The two sides of a run. Throws `UNSUPPORTED` when a connection lacks the one that is asked of it. */
export function sidesOf({ source, destination }: Pick<RunRequest, "source" | "destination">): {
  source: SourceSide;
  destination: DestinationSide;
} {
  if (!source.source) throw lacks(source, "source");
  if (!destination.destination) throw lacks(destination, "destination");
  return { source: source.source, destination: destination.destination };
}

const lacks = (connection: Connection, side: string) =>
  new AppError("UNSUPPORTED", {
    params: { what: `${connection.connector.title} as a ${side}`, instead: "Choose another data source." },
  });

/**
 * Throws `SOURCE_EQUALS_DESTINATION`. Two names of one database count as one where the system can tell. What a query reads is
 * its own matter: one that reads the table which is replaced waits for itself, and fails by a time limit.
 */
export function assertDistinct(
  request: Pick<RunRequest, "source" | "destination" | "sourceTable" | "destinationTable" | "mapping">,
): void {
  const { source, destination, sourceTable, destinationTable, mapping } = request;
  if (mapping?.mapping.query) return;
  const isSameDatabase =
    source.identity !== null &&
    source.identity.systemIdentifier === destination.identity?.systemIdentifier &&
    source.identity.database === destination.identity.database;
  const isSameTable = sourceTable.schema === destinationTable.schema && sourceTable.name === destinationTable.name;
  if (isSameDatabase && isSameTable) {
    throw new AppError("SOURCE_EQUALS_DESTINATION", { params: { table: formatTableName(sourceTable) } });
  }
}

/** Opens the source's snapshot under the run's mapping. Throws `UNSUPPORTED` where the source cannot map. */
export async function beginSource({
  source,
  sourceTable,
  signal,
  mapping,
}: Pick<RunRequest, "source" | "sourceTable" | "signal" | "mapping">): Promise<SourceSession> {
  const side = source.source;
  if (!side) throw lacks(source, "source");
  if (mapping === undefined || isPlainMapping(mapping.mapping)) return side.begin(sourceTable, signal);
  if (!source.connector.capabilities.canMap) {
    const [column] = mapping.mapping.columns;
    const what = `A mapping${column ? ` of column ${column.name}` : ""} at a source of the kind ${source.connector.title}`;
    throw new AppError("UNSUPPORTED", { params: { side: "source", what, instead: "Copy all columns as they are." } });
  }
  return side.begin(sourceTable, signal, mapping);
}

/** Plans against a snapshot that is open already, so that what is read is what was planned. */
export async function planSession(
  request: RunRequest,
  session: SourceSession,
): Promise<{ readonly plan: TablePlan; readonly existing: TableDescription | null }> {
  const { destination } = sidesOf(request);
  const survey = await destination.survey(session.description, request.destinationTable, request.signal);
  return { plan: planSurveyed(request, session, survey), existing: survey.existing };
}

/**
 * The plan once both ends were looked at. Pure but for `onSchema`. Throws `SCHEMA_CHANGED`, what of the mapping cannot be, what
 * `DestinationSide.plan` throws.
 */
export function planSurveyed(request: RunRequest, read: ReadSource, survey: DestinationSurvey): TablePlan {
  const { destinationTable, writeMode, policies = DEFAULT_POLICIES } = request;
  assertRead(request, read, survey.existing);
  assertIncremental(request, read.base);
  assertWriteMode(request);
  try {
    const sides = sidesOf(request);
    const plan = planUnderPolicy(request, read, survey.existing, (source, evolution) =>
      sides.destination.plan({ source, survey, destinationTable, writeMode, policies, evolution }),
    );
    return { ...plan, wireFormat: chooseWireFormat(sides, request.wireFormats, read.description, plan.columns) };
  } catch (error) {
    throw error instanceof AppError ? atDestination(error) : error;
  }
}

/** Throws `UNSUPPORTED` where the destination cannot write so. */
function assertWriteMode({ destination, writeMode }: RunRequest): void {
  const { title, capabilities } = destination.connector;
  const isAble = { replace: true, append: true, merge: capabilities.canMerge, history: capabilities.canKeepHistory };
  if (isAble[writeMode]) return;
  throw new AppError("UNSUPPORTED", {
    params: {
      side: "destination",
      what: `The write mode ${writeMode} at a destination of the kind ${title}`,
      instead: "Use replace or append.",
    },
  });
}

/** Rows that are read again have to find their place by a key. Throws `UNSUPPORTED`, `CURSOR_INVALID`. */
export function assertIncremental(request: RunRequest, base: TableDescription): void {
  const { writeMode, policies, backfill } = request;
  const incremental = policies?.incremental ?? null;
  if (incremental === null) {
    if (backfill == null) return;
    throw new AppError("UNSUPPORTED", {
      params: {
        what: "A backfill of a pipeline without a cursor",
        instead: "Each of its runs reads all rows: start one.",
      },
    });
  }
  assertCursorOfTable(request);
  if (!hasKey(writeMode)) {
    const what = `Reading by a cursor with the write mode ${writeMode}`;
    const instead =
      writeMode === "append"
        ? "Rows at the position are read twice and would be doubled: use merge, which needs a key, or history."
        : "A table that is replaced needs all rows: use merge or history, or read without a cursor.";
    throw new AppError("UNSUPPORTED", { params: { what, instead } });
  }
  sidesOf(request).source.assertCursor(base, incremental);
}

/** A cursor is a column of a table, whose newest value is looked up before the run reads. Throws `UNSUPPORTED`. */
export function assertCursorOfTable({ mapping }: Pick<RunRequest, "mapping">): void {
  if (!mapping?.mapping.query) return;
  const instead = "Read a table or a view by the cursor, or the query without one.";
  throw new AppError("UNSUPPORTED", { params: { side: "source", what: "Reading custom SQL by a cursor", instead } });
}

/** The parts of the source. A copy that nobody goes on with gains nothing from parts that are copied one after the other. */
export async function chunksOf(
  { identity, parallelism = 1, chunkBytes = CHUNK_BYTES }: RunRequest,
  plan: TablePlan,
  source: SourceSession,
): Promise<readonly Chunk[]> {
  return identity === null && parallelism === 1 ? [WHOLE_TABLE] : source.chunks(plan, chunkBytes);
}

/** What a plan refuses is mended at the destination, unless the refusal itself says otherwise. */
const atDestination = ({ code, params, cause }: AppError) =>
  new AppError(code, { params: { side: "destination", ...params }, cause });

/** What a run would do now: reads both catalogs and changes nothing. Throws what `DestinationSide.plan` throws. */
export async function planRun(request: RunRequest): Promise<TablePlan> {
  assertDistinct(request);
  const session = await beginSource(request);
  try {
    return (await planSession(request, session)).plan;
  } finally {
    await session.close();
  }
}
