import { AppError, DEFAULT_POLICIES, type SchemaReport } from "@millrace/shared";
import type {
  ColumnMapping,
  DestinationSurvey,
  SourceColumn,
  SourceSession,
  TableDescription,
  TablePlan,
} from "./connector.ts";
import { assertDistinct, beginSource, chunksOf, planSurveyed, sidesOf } from "./plan.ts";
import type { RunRequest } from "./run.ts";
import { changesSince, faultsOf } from "./schema-needs.ts";
import { readShape, type ReadSource } from "./schema-uses.ts";

/** What a run would do now, or all the reasons why it would be refused. */
export interface RunPreview {
  readonly source: TableDescription;
  /** What the mapping makes of the source's columns, one at fault included. */
  readonly mapped: readonly SourceColumn[];
  /** What stands at the destination's name now. */
  readonly existing: TableDescription | null;
  /** Null where the run would be refused. */
  readonly plan: TablePlan | null;
  /**
   * In how many parts all rows would be copied, each committed by itself; null where the run would be refused, or reads only what has
   * changed. It is the run's own number for `identity`, `parallelism` and `chunkBytes` of the request.
   */
  readonly chunkCount: number | null;
  /** The statements that change the destination's structure, as the plan has them for so many parts. */
  readonly statements: readonly string[];
  /** The columns that would arrive. Of a refused run, those that nothing is wrong with, as far as that can be told. */
  readonly columns: readonly ColumnMapping[];
  /** One for each column at fault, and last what concerns the table as a whole. Empty where there is a plan. */
  readonly refusals: readonly AppError[];
  /** What has changed since it was agreed; null where that could not be told. */
  readonly schema: SchemaReport | null;
}

/**
 * As `planRun`, and where the plan is refused it goes on to find what else would be: the column at fault is left out and the
 * rest planned again. Reads both catalogs and changes nothing. Throws where the two ends cannot be looked at, with
 * `params.side` where that is known, `RUN_CANCELLED` included.
 */
export async function previewRun(request: RunRequest): Promise<RunPreview> {
  assertDistinct(request);
  const sides = sidesOf(request);
  const session = await at("source", beginSource(request));
  try {
    const source = session.description;
    const survey = await at("destination", sides.destination.survey(source, request.destinationTable, request.signal));
    const planned = planAsFarAsPossible(request, session, survey);
    const { plan, refusals } = planned;
    const isWhole = (request.policies?.incremental ?? null) === null;
    const chunks = plan && isWhole ? await at("source", chunksOf(request, plan, session)) : null;
    // What cannot be loaded in parts is one transaction.
    const chunkCount = chunks && (plan?.stagedStatements === null ? 1 : chunks.length);
    const statements = ((chunkCount ?? 1) > 1 ? plan?.stagedStatements : plan?.statements) ?? [];
    const { columns, schema } = planned;
    const described = { source, mapped: session.columns, existing: survey.existing, columns, schema };
    return { ...described, plan, chunkCount, statements, refusals };
  } finally {
    await session.close();
  }
}

/** A look that is cut off says at which end it waited. */
async function at<Result>(side: string, look: Promise<Result>): Promise<Result> {
  try {
    return await look;
  } catch (error) {
    if (!(error instanceof AppError) || error.params["side"] !== undefined) throw error;
    throw new AppError(error.code, { params: { ...error.params, side }, cause: error.cause });
  }
}

function planAsFarAsPossible(
  request: RunRequest,
  session: SourceSession,
  survey: DestinationSurvey,
): Pick<RunPreview, "plan" | "columns" | "refusals" | "schema"> {
  const { base, description, columns } = session;
  const faults = faultsOf(request, session, changesSince(request, session, survey.existing)).refusals;
  const refusals: AppError[] = [...faults];
  // A column that is at fault already is missing to the destination's plan, which is not a second fault.
  const isOwn = ({ code }: AppError) => faults.length === 0 || code !== "COLUMN_REQUIRED";
  const found = () => refusals.filter((refusal) => faults.includes(refusal) || isOwn(refusal));
  let read: ReadSource = { base, description, columns, refusals: session.refusals.filter((e) => !faults.includes(e)) };
  const leftOut = new Set<string>();
  let schema: SchemaReport | null = null;
  let asked: RunRequest = { ...request, onSchema: (report) => (schema ??= report) };
  let isAccepted = false;
  for (;;) {
    read = { ...read, description: without(description, leftOut) };
    try {
      const existing = survey.existing && without(survey.existing, leftOut);
      const plan = planSurveyed(isAccepted ? accepting(asked, read) : asked, read, { ...survey, existing });
      return { plan: found().length === 0 ? plan : null, columns: plan.columns, refusals: found(), schema };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code !== "SCHEMA_CHANGED" || !isAccepted) refusals.push(error);
      // The columns are still to be seen, as they would arrive once somebody has accepted, or has mended the pipeline.
      if (error.code === "SCHEMA_CHANGED" && !isAccepted) {
        isAccepted = true;
        asked = withoutNeeds(asked);
        read = { ...read, columns: [], refusals: [] };
        continue;
      }
      const { column } = error.params;
      if (typeof column !== "string" || leftOut.has(column)) {
        return { plan: null, columns: [], refusals: found(), schema };
      }
      leftOut.add(column);
    }
  }
}

const accepting = (request: RunRequest, read: ReadSource): RunRequest => ({
  ...request,
  policies: { ...(request.policies ?? DEFAULT_POLICIES), schemaChange: "ask" },
  schema: { agreed: request.schema?.agreed ?? null, accepted: readShape(request, read) },
});

/** The same columns, read without what may have gone. */
const withoutNeeds = (request: RunRequest): RunRequest => ({
  ...request,
  policies: { ...(request.policies ?? DEFAULT_POLICIES), incremental: null },
  backfill: null,
  mapping: request.mapping && { ...request.mapping, mapping: { ...request.mapping.mapping, filter: null } },
});

const without = (table: TableDescription, names: ReadonlySet<string>): TableDescription =>
  names.size === 0 ? table : { ...table, columns: table.columns.filter(({ name }) => !names.has(name)) };
