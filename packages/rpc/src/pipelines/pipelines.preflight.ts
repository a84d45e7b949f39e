import { Pipeline } from "@millrace/db";
import type { Connection, RunPreview, SchemaBasis, TableDescription } from "@millrace/engine";
import {
  AppError,
  type DeleteMode,
  describeSchedule,
  describeSchemaChange,
  formatTableName,
  hasKey,
  parseTableName,
  type PreflightCheck,
  type PreflightInput,
  type PreflightResult,
  type SchemaVerdict,
  toAppError,
  type WriteMode,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { type Look, takeLook } from "../sources/open-connection.ts";
import { type EndSources, endSources, type Reached, withEnds } from "./pipelines.ends.ts";
import { assertMayQuery, draftMapping } from "./pipelines.mapping.ts";
import { knownMapping, previewDraft } from "./pipelines.plan.ts";
import { basisOfDraft } from "./pipelines.schema.ts";
import { failed, passed, skipped, warned, worded } from "./preflight-check.ts";
import { tableSpellings } from "./table-spellings.ts";

/** What comes of a table that another pipeline writes as well. */
const BESIDE_OTHERS: Record<WriteMode, string> = {
  replace: "Each run replaces what the other one wrote.",
  append: "Their rows end up side by side in one table.",
  merge: "Of rows with the same key the one that was written last stays, and deletes reach the other's rows as well.",
  history: "Of rows with the same key each run opens a version of its own.",
};

/** How many pipelines a warning names. */
const NAMED_PIPELINES = 3;

/**
 * Everything that can be known before a run: what it needs (`required`), and what a person should have seen (`warning`), in
 * the order in which a run would meet it. Changes nothing anywhere. Throws `SOURCE_UNKNOWN`.
 */
export async function preflightPipeline(
  scope: Scope,
  input: PreflightInput,
  callerLeft: AbortSignal | undefined,
): Promise<PreflightResult> {
  assertMayQuery(scope.actor, input.mapping, await knownMapping(scope, input.id));
  const sources = await endSources(scope, input);
  const own = [await checkName(scope, input), checkSchedule(input)];
  const shared = await checkOtherWriters(scope, input);
  const schema = await basisOfDraft(scope, input, input.id);
  const looked = await takeLook(scope, callerLeft, (look) =>
    withEnds(scope, sources, look, (source, destination) =>
      checkEnds(input, schema, sources, source, destination, look),
    ),
  );
  const checks = [...own, ...looked, shared];
  return { isReady: checks.every(({ group, status }) => group === "warning" || status === "passed"), checks };
}

async function checkName({ em }: Scope, { id, name }: PreflightInput): Promise<PreflightCheck> {
  const others = await em.count(Pipeline, { name, ...(id !== undefined && { id: { $ne: id } }) });
  return others > 0 ? failed("Name", new AppError("PIPELINE_NAME_TAKEN")) : passed("Name", "No other pipeline has it");
}

function checkSchedule({ schedule, timezone }: PreflightInput): PreflightCheck {
  if (schedule === null) return passed("Schedule", "None: runs are started by hand");
  try {
    return passed("Schedule", `${describeSchedule(schedule, timezone)}, ${timezone}`);
  } catch (error) {
    return failed("Schedule", toAppError(error));
  }
}

async function checkOtherWriters({ em }: Scope, input: PreflightInput): Promise<PreflightCheck> {
  const others = await em.find(
    Pipeline,
    {
      destinationId: input.destinationId,
      destinationTable: { $in: tableSpellings(input.destinationTable) },
      ...(input.id !== undefined && { id: { $ne: input.id } }),
    },
    { fields: ["name"], orderBy: { name: "asc" }, limit: NAMED_PIPELINES + 1 },
  );
  if (others.length === 0) return passed("Other pipelines", "None writes this table", "warning");
  const names = others.slice(0, NAMED_PIPELINES).map(({ name }) => name);
  if (others.length > NAMED_PIPELINES) names.push("…");
  return warned(
    "Other pipelines",
    `This table is written by ${names.join(", ")} as well`,
    `${BESIDE_OTHERS[input.writeMode]} Choose another destination table unless that is meant.`,
  );
}

async function checkEnds(
  input: PreflightInput,
  schema: SchemaBasis,
  sources: EndSources,
  source: Reached,
  destination: Reached,
  look: Look,
): Promise<PreflightCheck[]> {
  const reached = [
    checkReached("Source", source, sources.source.name),
    checkReached("Destination", destination, sources.destination.name),
  ];
  if (source.status === "rejected" || destination.status === "rejected") {
    return [...reached, ...["Source table", "Plan", "Privileges"].map((name) => skipped(name))];
  }
  try {
    const mapping = draftMapping(input.mapping);
    const preview = await previewDraft({ draft: input, mapping, schema }, source.value, destination.value, look);
    return [...reached, ...(await checkPreview(input, preview, destination.value, look))];
  } catch (error) {
    const reason = toAppError(error);
    const isSource = reason.params["side"] === "source";
    return [
      ...reached,
      isSource ? failed("Source table", reason) : passed("Source table", `${tableOf(input.sourceTable)} can be read`),
      isSource ? skipped("Plan") : failed("Plan", reason),
      skipped("Privileges"),
    ];
  }
}

const checkReached = (name: string, reached: Reached, dataSource: string): PreflightCheck =>
  reached.status === "fulfilled" ? passed(name, `${dataSource} answers`) : failed(name, toAppError(reached.reason));

async function checkPreview(
  input: PreflightInput,
  preview: RunPreview,
  destination: Connection,
  look: Look,
): Promise<PreflightCheck[]> {
  const { plan, refusals } = preview;
  const readable = passed("Source table", `${tableOf(input.sourceTable)} can be read`);
  if (!plan) return [readable, ...refusals.map((refusal) => failed("Plan", refusal)), skipped("Privileges")];
  const table = tableOf(input.destinationTable);
  const columns = worded(plan.columns.length, "column");
  return [
    readable,
    passed("Plan", plan.createsTable ? `${columns}, into the new table ${table}` : `${columns}, into ${table}`),
    await checkPrivileges(preview, plan, destination, look),
    checkExistingRows(input, preview),
    checkVerification(input, plan.digestMethod),
    ...checkStructure(preview),
    ...plan.warnings.map((message) => warned("Note", message, null)),
  ];
}

async function checkPrivileges(
  { existing }: RunPreview,
  plan: NonNullable<RunPreview["plan"]>,
  destination: Connection,
  look: Look,
): Promise<PreflightCheck> {
  try {
    await destination.destination?.assertPermitted(plan, look.signal);
    return passed("Privileges", existing ? "The table may be written" : "The table may be created");
  } catch (error) {
    return failed("Privileges", toAppError(look.toError(error, "destination")));
  }
}

function checkExistingRows(
  { writeMode, destinationTable, policies }: PreflightInput,
  { source, existing }: RunPreview,
): PreflightCheck {
  const table = tableOf(destinationTable);
  if (writeMode === "append") return checkAppendedKeys(table, existing ?? source);
  if (!existing) return passed("Existing rows", "There is no table of that name yet", "warning");
  const count = existing.estimatedRows;
  if (count === 0) return passed("Existing rows", `${table} is empty`, "warning");
  if (hasKey(writeMode)) return checkKeyedRows(table, policies.deletes.mode);
  return warned(
    "Existing rows",
    `${table} exists${count === null ? "" : ` with about ${worded(count, "row")}`}, and each run replaces its rows`,
    "Choose another destination table, or append, if they are to stay.",
  );
}

const checkKeyedRows = (table: string, deletes: DeleteMode): PreflightCheck =>
  deletes === "ignore"
    ? passed("Existing rows", `Rows of ${table} stay, and those whose key arrives are updated`, "warning")
    : warned(
        "Existing rows",
        `Rows of ${table} whose key the source does not have are ${deletes === "hard" ? "deleted" : "marked as deleted"}`,
        "Keep rows that the source has no more, if they are to stay as they are.",
      );

/** A table that is created gets the source's key, so its second run meets the rows of its first. */
const checkAppendedKeys = (table: string, { primaryKey }: Pick<TableDescription, "primaryKey">): PreflightCheck =>
  primaryKey.length === 0
    ? passed("Existing rows", "What stands in the table stays", "warning")
    : warned(
        "Existing rows",
        `A row whose ${primaryKey.join(", ")} is in ${table} already ends the run`,
        "Replace the table instead, unless the source holds only new rows each time.",
      );

function checkVerification({ policies }: PreflightInput, digestMethod: string | null): PreflightCheck {
  const turnOn = "Compare every row to have each run proved.";
  switch (policies.verification) {
    case "off":
      return warned("Verification", "It is off: nothing is compared", turnOn);
    case "count":
      return warned("Verification", "Only row counts are compared, not what the rows hold", turnOn);
    case "full":
      return digestMethod === null
        ? warned("Verification", "These two systems share no fingerprint of a row", "Only row counts are compared.")
        : passed("Verification", "Both ends are compared before rows are published", "warning");
  }
}

/** Only where something has changed: of a pipeline that does not exist yet nothing was agreed. */
function checkStructure({ schema }: RunPreview): PreflightCheck[] {
  if (schema === null || schema.changes.length === 0) return [];
  const changes = schema.changes.map(describeSchemaChange).join("; ");
  return [warned("Structure", `Changed since it was agreed: ${changes}`, STRUCTURE_HINTS[schema.verdict] ?? null)];
}

const STRUCTURE_HINTS: Partial<Record<SchemaVerdict, string>> = {
  noted: "It does not concern what arrives.",
  applied: "The next run brings the destination up to date.",
  left_out: "What the destination has no column for does not arrive.",
};

const tableOf = (text: string): string => formatTableName(parseTableName(text));
