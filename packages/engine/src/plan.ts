import { AppError, DEFAULT_POLICIES, formatTableName, hasKey } from "@millrace/shared";
import type {
  Connection,
  DestinationSide,
  DestinationSurvey,
  SourceSession,
  SourceSide,
  TableDescription,
  TablePlan,
} from "./connector.ts";
import type { RunRequest } from "./run.ts";

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

/** Throws `SOURCE_EQUALS_DESTINATION`. Two names of one database count as one where the system can tell. */
export function assertDistinct({ source, destination, sourceTable, destinationTable }: RunRequest): void {
  const isSameDatabase =
    source.identity !== null &&
    source.identity.systemIdentifier === destination.identity?.systemIdentifier &&
    source.identity.database === destination.identity.database;
  const isSameTable = sourceTable.schema === destinationTable.schema && sourceTable.name === destinationTable.name;
  if (isSameDatabase && isSameTable) {
    throw new AppError("SOURCE_EQUALS_DESTINATION", { params: { table: formatTableName(sourceTable) } });
  }
}

/** Plans against a snapshot that is open already, so that what is read is what was planned. */
export async function planSession(request: RunRequest, session: SourceSession): Promise<TablePlan> {
  const { destination } = sidesOf(request);
  const survey = await destination.survey(session.description, request.destinationTable, request.signal);
  return planSurveyed(request, session.description, survey);
}

/** The plan once both ends were looked at. Pure. Throws what `DestinationSide.plan` throws. */
export function planSurveyed(request: RunRequest, source: TableDescription, survey: DestinationSurvey): TablePlan {
  const { destinationTable, writeMode, policies = DEFAULT_POLICIES } = request;
  assertIncremental(request, source);
  try {
    return sidesOf(request).destination.plan({ source, survey, destinationTable, writeMode, policies });
  } catch (error) {
    throw error instanceof AppError ? atDestination(error) : error;
  }
}

/** Rows that are read again have to find their place by a key. Throws `UNSUPPORTED`, `CURSOR_INVALID`. */
export function assertIncremental(request: RunRequest, source: TableDescription): void {
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
  if (!hasKey(writeMode)) {
    const what = `Reading by a cursor with the write mode ${writeMode}`;
    const instead =
      writeMode === "append"
        ? "Rows at the position are read twice and would be doubled: use merge, which needs a key, or history."
        : "A table that is replaced needs all rows: use merge or history, or read without a cursor.";
    throw new AppError("UNSUPPORTED", { params: { what, instead } });
  }
  sidesOf(request).source.assertCursor(source, incremental);
}

/** What a plan refuses is mended at the destination, unless the refusal itself says otherwise. */
const atDestination = ({ code, params, cause }: AppError) =>
  new AppError(code, { params: { side: "destination", ...params }, cause });

/** What a run would do now: reads both catalogs and changes nothing. Throws what `DestinationSide.plan` throws. */
export async function planRun(request: RunRequest): Promise<TablePlan> {
  assertDistinct(request);
  const session = await sidesOf(request).source.begin(request.sourceTable, request.signal);
  try {
    return await planSession(request, session);
  } finally {
    await session.close();
  }
}
