import {
  AppError,
  DEFAULT_POLICIES,
  describeSchemaChange,
  type ErrorCode,
  formatTableName,
  hasKey,
  isLeftOutOnly,
  isSameShape,
  type SchemaAgreement,
  type SchemaChange,
  type SchemaVerdict,
  type TableShape,
} from "@millrace/shared";
import type { SchemaEvolution, TableDescription, DestinationPlan } from "./connector.ts";
import type { RunRequest } from "./run.ts";
import { changesSince, faultsOf } from "./schema-needs.ts";
import { readShape, type ReadSource } from "./schema-uses.ts";

/** What a run holds its table against. */
export interface SchemaBasis {
  /** Null before the first run that succeeds: then whatever stands is agreed. */
  readonly agreed: SchemaAgreement | null;
  /** The source as somebody has accepted it; it holds for as long as the source is still just that. */
  readonly accepted: TableShape | null;
}

/** Plans as the connector does, for what is read of the source and what may become of the destination's structure. */
export type PlanAs = (source: TableDescription, evolution: SchemaEvolution | null) => DestinationPlan;

interface Decision {
  readonly verdict: SchemaVerdict;
  readonly changes: readonly SchemaChange[];
  readonly evolution: SchemaEvolution | null;
  /** Columns that the destination lacks and that do not arrive. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * Throws what of the mapping cannot be, as `SCHEMA_CHANGED` where a change of the source since it was agreed is the reason;
 * `request.onSchema` is told of that. Whoever accepts such a change would gain nothing, so no policy waits for it.
 */
export function assertRead(request: RunRequest, read: ReadSource, existing: TableDescription | null): void {
  const changes = changesSince(request, read, existing);
  const { unmet, refusals } = faultsOf(request, read, changes);
  const [refusal] = refusals;
  if (unmet.length > 0) {
    const others = changes.filter((change) => !unmet.includes(change));
    throw stopped(request, readShape(request, read), {
      verdict: "refused",
      changes: [...unmet, ...others],
      statements: [],
    });
  }
  if (refusal) throw refusal;
}

/**
 * Holds both ends against what was agreed, and plans by the pipeline's policy. `request.onSchema` is told what was found,
 * before a refusal as well. Pure but for that. Throws `SCHEMA_CHANGED`, and what `planAs` throws.
 */
export function planUnderPolicy(
  request: RunRequest,
  read: ReadSource,
  existing: TableDescription | null,
  planAs: PlanAs,
): DestinationPlan {
  const { description: source } = read;
  const shape = readShape(request, read);
  const decision = decide(request, read, existing);
  const { verdict, changes, evolution, leftOut } = decision;
  if (verdict === "refused") throw stopped(request, shape, { verdict, changes, statements: [] });
  const accepting: SchemaEvolution = { isForced: true, agreed: request.schema?.agreed?.source ?? null };
  if (verdict === "waits") {
    const statements = attempt(() => planAs(source, accepting))?.evolution?.statements ?? [];
    throw stopped(request, shape, { verdict, changes, statements });
  }
  try {
    const plan = planAs(less(source, leftOut), evolution);
    const own = plan.evolution?.changes.filter(({ column }) => !isNamed(changes, column)) ?? [];
    const statements = plan.evolution?.statements ?? [];
    report(request, shape, {
      verdict: statements.length > 0 ? "applied" : verdict,
      changes: [...changes, ...own],
      statements,
    });
    return plan;
  } catch (error) {
    // What was agreed does not fit the destination any more. Only what accepting would mend is a change of the tables.
    if (!isMendable(request, decision, error)) throw error;
    const mended = attempt(() => planAs(less(source, leftOut), accepting));
    if (!mended?.evolution) throw error;
    const own = mended.evolution.changes.filter(({ column }) => !isNamed(changes, column));
    const all = [...changes, ...own];
    const { statements } = mended.evolution;
    throw stopped(
      request,
      shape,
      mayFollow(request)
        ? { verdict: "waits", changes: all, statements }
        : { verdict: "refused", changes: all, statements: [] },
    );
  }
}

const isNamed = (changes: readonly SchemaChange[], column: string | null) =>
  changes.some((change) => change.column === column || namesOf(change).some((name) => name === column));

/** Under which names of the destination the column arrives; of a destination's change, its own. */
function namesOf({ column, usedBy = [] }: SchemaChange): string[] {
  const mapped = usedBy.flatMap(({ part, name }) => (part === "mapping" && name !== undefined ? [name] : []));
  return mapped.length > 0 || column === null ? mapped : [column];
}

const MENDABLE: ReadonlySet<ErrorCode> = new Set(["COLUMN_MISSING", "TYPE_MISMATCH", "COLUMN_REQUIRED"]);

/** Whether the policy lets the destination's structure change, be it once somebody has accepted. */
function mayFollow({ policies = DEFAULT_POLICIES }: RunRequest): boolean {
  return policies.schemaChange === "ask" || policies.schemaChange === "evolve";
}

function isMendable(request: RunRequest, { evolution }: Decision, error: unknown): boolean {
  if (request.schema?.agreed == null || evolution?.isForced === true || !(error instanceof AppError)) return false;
  // What a policy that follows nothing leaves without a value is the destination's own rule.
  return mayFollow(request) ? MENDABLE.has(error.code) : error.code === "TYPE_MISMATCH";
}

function decide(request: RunRequest, read: ReadSource, existing: TableDescription | null): Decision {
  const { schema, policies = DEFAULT_POLICIES, writeMode } = request;
  const { schemaChange: policy } = policies;
  const agreed = schema?.agreed ?? null;
  const shape = readShape(request, read);
  const leftOut = policy === "discard_column" && existing ? lackedBy(existing, shape) : new Set<string>();
  const difference = changesSince(request, read, existing);
  const again = shape.columns
    .filter(({ name }) => leftOut.has(name) && !isNamed(difference, name))
    .map(({ name, type }): SchemaChange => ({ ...ADDED, column: name, after: type }));
  const changes = [...difference, ...again];
  const decided = (verdict: SchemaVerdict, evolution: SchemaEvolution | null = null): Decision => ({
    verdict: changes.length === 0 ? "same" : verdict,
    changes,
    evolution,
    leftOut,
  });
  const evolution = (isForced: boolean) => (schema ? { isForced, agreed: agreed?.source ?? null } : null);

  if (policy === "freeze") return decided(changes.every(({ usedBy }) => isLeftOutOnly(usedBy)) ? "noted" : "refused");
  const isAccepted = schema?.accepted != null && isSameShape(schema.accepted, shape);
  if (!isAccepted && mayUncover(changes, leftOut)) return decided(policy === "discard_column" ? "refused" : "waits");
  // Of a table that is not there any more nothing has to be kept.
  if (policy === "discard_column") return decided(leftOut.size > 0 ? "left_out" : "noted");
  if (existing === null) return decided("noted", policy === "evolve" ? evolution(false) : null);
  if (isAccepted) return decided("applied", evolution(true));
  const felt = changes.filter((change) =>
    isFelt(change, { existing, shape, isKeyed: isKeyedBySource(writeMode, policies) }),
  );
  if (policy === "ask") return decided(felt.length > 0 ? "waits" : "noted");
  const stops = felt.some(({ side, kind }) => side === "source" && ASKED_FOR.has(kind));
  return stops ? decided("waits") : decided(felt.length > 0 ? "applied" : "noted", evolution(false));
}

/** What is to stay at the source may have been renamed: whatever is new there at the same time travels once somebody has agreed. */
const mayUncover = (changes: readonly SchemaChange[], leftOut: ReadonlySet<string>): boolean =>
  changes.some(({ usedBy }) => usedBy?.some(({ part }) => part === "exclusion")) &&
  changes.some(({ side, kind, column }) => side === "source" && kind === "column_added" && !leftOut.has(column ?? ""));

const ADDED = { side: "source", kind: "column_added", column: "", before: null, after: null } as const;

/** What a destination does not follow by itself: values could be lost, or rows be taken for others. */
const ASKED_FOR: ReadonlySet<SchemaChange["kind"]> = new Set(["type_narrowed", "type_changed", "key_changed"]);

const isKeyedBySource = (writeMode: RunRequest["writeMode"], { key }: { readonly key: readonly string[] | null }) =>
  hasKey(writeMode) && key === null;

function lackedBy(existing: TableDescription, { columns }: TableShape): Set<string> {
  const there = new Set(existing.columns.map(({ name }) => name));
  return new Set(columns.map(({ name }) => name).filter((name) => !there.has(name)));
}

/** Whether a change concerns what arrives, or what the destination needs to take it. */
function isFelt(
  change: SchemaChange,
  { existing, shape, isKeyed }: { existing: TableDescription; shape: TableShape; isKeyed: boolean },
): boolean {
  const { side, kind, column, usedBy } = change;
  if (side === "destination") return kind === "column_removed" && shape.columns.some(({ name }) => name === column);
  if (isLeftOutOnly(usedBy)) return false;
  switch (kind) {
    case "nullability_tightened":
      return false;
    case "nullability_loosened":
      return existing.columns.some(({ name, isNullable }) => namesOf(change).includes(name) && !isNullable);
    case "key_changed":
      return isKeyed;
    case "column_added":
    case "column_removed":
    case "type_widened":
    case "type_narrowed":
    case "type_changed":
    case "label_added":
      return true;
  }
}

const less = (source: TableDescription, leftOut: ReadonlySet<string>): TableDescription =>
  leftOut.size === 0 ? source : { ...source, columns: source.columns.filter(({ name }) => !leftOut.has(name)) };

interface Found {
  readonly verdict: SchemaVerdict;
  readonly changes: readonly SchemaChange[];
  readonly statements: readonly string[];
}

function report(request: RunRequest, source: TableShape, { verdict, changes, statements }: Found): void {
  const { schemaChange: policy } = request.policies ?? DEFAULT_POLICIES;
  request.onSchema?.({ policy, verdict, changes: [...changes], statements: [...statements] }, source);
}

/** An error names so many changes; the report has them all. */
const NAMED_CHANGES = 5;

function stopped(request: RunRequest, source: TableShape, found: Found): AppError {
  report(request, source, found);
  const { changes } = found;
  const more = changes.length - NAMED_CHANGES;
  const named = changes.slice(0, NAMED_CHANGES).map(describeSchemaChange).join("; ");
  const table = formatTableName(request.sourceTable);
  const side = changes.every((change) => change.side === "destination") ? "destination" : "source";
  return new AppError("SCHEMA_CHANGED", {
    params: { table, changes: more > 0 ? `${named}; and ${more} more` : named, side },
  });
}

function attempt(plan: () => DestinationPlan): DestinationPlan | null {
  try {
    return plan();
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
