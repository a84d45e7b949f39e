import { AppError, DEFAULT_POLICIES, formatTableName, hasKey } from "@millrace/shared";
import type { Keying, SourceSession, TableDescription, TablePlan } from "./connector.ts";
import type { KeyedReader, RepairSession } from "./keyed.ts";
import { planSurveyed, sidesOf } from "./plan.ts";
import type { RunIdentity, RunRequest } from "./run.ts";
import { standingRefusals } from "./schema-needs.ts";

/** Which two tables are compared, and how the pipeline reads and writes them. */
export type CompareRequest = Omit<RunRequest, "parallelism" | "chunkBytes" | "isTriedAgain">;

/** What both a verification and a repair begin with. */
export interface Comparison {
  readonly plan: TablePlan;
  /** Empty where nothing tells rows apart. */
  readonly key: readonly string[];
  /** Whether a row may lack a value in the key, at either end. */
  readonly mayKeyBeNull: boolean;
  readonly source: KeyedReader;
  readonly openDestination: () => Promise<KeyedReader>;
  readonly beginRepair: (identity: RunIdentity | null) => Promise<RepairSession>;
}

/**
 * Plans what a run would hash, against what stands at both ends. Throws `DESTINATION_TABLE_MISSING`, `KEY_COLUMN_MISSING`, what
 * `DestinationSide.plan` throws, and `UNSUPPORTED` where an end takes no digest.
 */
export async function beginComparison(request: CompareRequest, session: SourceSession): Promise<Comparison> {
  const { destinationTable, signal, writeMode, policies = DEFAULT_POLICIES } = request;
  const { base, description, columns } = session;
  const refusals = standingRefusals(request, session);
  const side = sidesOf(request).destination;
  const survey = await side.survey(session.description, destinationTable, signal);
  const { existing } = survey;
  if (!existing) {
    const table = formatTableName(destinationTable);
    throw new AppError("DESTINATION_TABLE_MISSING", { params: { table, side: "destination" } });
  }
  // All rows are compared, whatever part of them a run would read, and as both ends stand, whatever was agreed. What a replaced
  // table is carried over with is no matter here, so it is planned as one that rows are added to.
  const planned = {
    ...request,
    schema: undefined,
    policies: { ...policies, incremental: null },
    writeMode: hasKey(writeMode) ? writeMode : "append",
  } as const;
  const plan = planSurveyed(planned, { base, description, columns, refusals }, survey);
  const key = keyOf(request, plan, session.description, existing);
  const { keyed, beginRepair } = side;
  if (plan.digestMethod === null || !session.keyed || !keyed || !beginRepair) {
    const what = `Comparing a table of ${request.source.connector.title} with one of ${request.destination.connector.title}`;
    throw new AppError("UNSUPPORTED", { params: { what, instead: "Count the rows at both ends yourself." } });
  }
  const isKept = (table: TableDescription) => key.every((name) => table.primaryKey.includes(name));
  return {
    plan,
    key,
    mayKeyBeNull: !isKept(existing) || !isKept(session.description),
    source: session.keyed(plan, key),
    openDestination: () => keyed(plan, key, signal),
    beginRepair: (identity) => beginRepair(plan, key, identity, signal),
  };
}

/** With the columns that rows are told different by, and those of the key. */
export function comparedPlan(plan: TablePlan, keying: Keying | null): TablePlan {
  const isOfKeying = (name: string) => !keying || keying.compared.includes(name) || keying.key.includes(name);
  return { ...plan, columns: plan.columns.filter(({ name }) => isOfKeying(name)) };
}

/**
 * What tells rows apart: what the pipeline says, else the primary key of the destination or of the source, where all of it
 * arrives. Empty where nothing does. Throws `KEY_COLUMN_MISSING`.
 */
export function keyOf(
  { policies = DEFAULT_POLICIES }: Pick<CompareRequest, "policies">,
  { columns, sourceTable }: TablePlan,
  source: TableDescription,
  existing: TableDescription | null,
): readonly string[] {
  const arrives = (name: string) => columns.some((column) => column.name === name);
  const missing = policies.key?.find((name) => !arrives(name));
  if (missing !== undefined) {
    throw new AppError("KEY_COLUMN_MISSING", { params: { column: missing, table: formatTableName(sourceTable) } });
  }
  const isUsable = (key: readonly string[]) => key.length > 0 && key.every(arrives);
  return policies.key ?? [existing?.primaryKey ?? [], source.primaryKey].find(isUsable) ?? [];
}
