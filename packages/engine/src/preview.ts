import { AppError } from "@millrace/shared";
import type {
  ColumnMapping,
  DestinationSurvey,
  SourceColumn,
  SourceSession,
  TableDescription,
  TablePlan,
} from "./connector.ts";
import { assertDistinct, beginSource, planSurveyed, sidesOf } from "./plan.ts";
import type { RunRequest } from "./run.ts";

/** What a run would do now, or all the reasons why it would be refused. */
export interface RunPreview {
  readonly source: TableDescription;
  /** What the mapping makes of the source's columns, one at fault included. */
  readonly mapped: readonly SourceColumn[];
  /** What stands at the destination's name now. */
  readonly existing: TableDescription | null;
  /** Null where the run would be refused. */
  readonly plan: TablePlan | null;
  /** The columns that would arrive. Of a refused run, those that nothing is wrong with, as far as that can be told. */
  readonly columns: readonly ColumnMapping[];
  /** One for each column at fault, and last what concerns the table as a whole. Empty where there is a plan. */
  readonly refusals: readonly AppError[];
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
    // A column that is at fault already is missing to the destination's plan, which is not a second fault.
    const isOwn = ({ code }: AppError) => session.refusals.length === 0 || code !== "COLUMN_REQUIRED";
    const refusals = [...session.refusals, ...planned.refusals.filter(isOwn)];
    const plan = refusals.length === 0 ? planned.plan : null;
    return { source, mapped: session.columns, existing: survey.existing, columns: planned.columns, plan, refusals };
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
  { description: source, base }: SourceSession,
  survey: DestinationSurvey,
): Pick<RunPreview, "plan" | "columns" | "refusals"> {
  const refusals: AppError[] = [];
  const leftOut = new Set<string>();
  for (;;) {
    try {
      const existing = survey.existing && without(survey.existing, leftOut);
      const plan = planSurveyed(request, without(source, leftOut), { ...survey, existing }, base);
      return { plan: refusals.length === 0 ? plan : null, columns: plan.columns, refusals };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusals.push(error);
      const { column } = error.params;
      if (typeof column !== "string" || leftOut.has(column)) return { plan: null, columns: [], refusals };
      leftOut.add(column);
    }
  }
}

const without = (table: TableDescription, names: ReadonlySet<string>): TableDescription =>
  names.size === 0 ? table : { ...table, columns: table.columns.filter(({ name }) => !names.has(name)) };
