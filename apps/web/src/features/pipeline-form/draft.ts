import {
  AppError,
  assertSchedule,
  type CreatePipelineInput,
  DEFAULT_LIMITS,
  DEFAULT_POLICIES,
  type Pipeline,
  PLAIN_MAPPING,
  RunnablePipelineInput,
} from "@millrace/shared";
import { PIPELINE_FIELDS } from "../../lib/pipeline-fields.ts";

/** A pipeline as the form has it. What nobody has touched yet may stand for a suggestion. */
export type Draft = Omit<CreatePipelineInput, "maskKey">;
export type DraftField = keyof Draft;

/** What is wrong with which field, in one sentence each. */
export type Faults = Partial<Record<DraftField, string>>;

export const STEPS = ["source", "table", "destination", "columns", "schedule", "review"] as const;
export type StepId = (typeof STEPS)[number];

/** Which step asks for which fields, in the order of the page. */
export const STEP_FIELDS: Record<StepId, readonly DraftField[]> = {
  source: ["sourceId"],
  table: ["sourceTable"],
  destination: ["destinationId"],
  columns: ["destinationTable", "writeMode", "policies", "mode", "limits", "mapping"],
  schedule: ["schedule", "timezone", "status"],
  review: ["name", "description"],
};

/** The words of a field, as its label has them. */
export const FIELD_LABELS: Record<DraftField, string> = {
  ...PIPELINE_FIELDS,
  status: "Schedule switch",
};

/** What is asked for where nothing is there yet; any other fault has the schema's own words. */
const MISSING: Faults = {
  sourceId: "Choose the data source to read from",
  sourceTable: "Choose the table to copy",
  destinationId: "Choose the data source to write to",
  destinationTable: "Name the table to write",
};

/** A new pipeline, on the clock of whoever makes it. */
export const newDraft = (timezone: string): Draft => ({
  name: "",
  description: "",
  sourceId: null,
  sourceTable: null,
  destinationId: null,
  destinationTable: null,
  mode: "batch",
  writeMode: "replace",
  schedule: null,
  timezone,
  status: "inactive",
  policies: DEFAULT_POLICIES,
  limits: DEFAULT_LIMITS,
  mapping: PLAIN_MAPPING,
});

export const draftOf = (pipeline: Pipeline): Draft => ({
  name: pipeline.name,
  description: pipeline.description,
  sourceId: pipeline.sourceId,
  sourceTable: pipeline.sourceTable,
  destinationId: pipeline.destinationId,
  destinationTable: pipeline.destinationTable,
  mode: pipeline.mode,
  writeMode: pipeline.writeMode,
  schedule: pipeline.schedule,
  timezone: pipeline.timezone,
  status: pipeline.isEnabled ? "active" : "inactive",
  policies: pipeline.policies,
  limits: pipeline.limits,
  mapping: pipeline.mapping,
});

/** The faults of some fields, by the one schema that the server checks with as well; the schedule in its own zone. */
export function faultsOf(draft: Draft, fields: readonly DraftField[]): Faults {
  const faults: Faults = {};
  for (const field of fields) {
    const parsed = RunnablePipelineInput.shape[field].safeParse(draft[field]);
    if (parsed.success) continue;
    const isMissing = draft[field] === null || draft[field] === "";
    faults[field] = (isMissing ? MISSING[field] : undefined) ?? worded(field, parsed.error.issues[0]?.message);
  }
  if (fields.includes("schedule") && !faults.schedule && !faults.timezone) {
    const fault = scheduleFault(draft);
    if (fault !== null) faults.schedule = fault;
  }
  return faults;
}

/** The schema's sentences go on after the name of the field, unless they are whole ones. */
const worded = (field: DraftField, message = "is not valid"): string =>
  /^[a-z]/.test(message) ? `${FIELD_LABELS[field]} ${message}` : message;

function scheduleFault({ schedule, timezone }: Draft): string | null {
  if (schedule === null) return null;
  try {
    assertSchedule(schedule, timezone);
    return null;
  } catch (error) {
    return error instanceof AppError ? error.message : "The schedule is not valid";
  }
}

export const stepHolds = (draft: Draft, step: StepId): boolean =>
  Object.keys(faultsOf(draft, STEP_FIELDS[step])).length === 0;

/** The first step that does not hold, which is as far as one gets; the last where all do. */
export const furthestStep = (draft: Draft): StepId => STEPS.find((step) => !stepHolds(draft, step)) ?? "review";

/** Where a field is asked for. */
export const stepOfField = (field: DraftField): StepId =>
  STEPS.find((step) => STEP_FIELDS[step].includes(field)) ?? "review";

/** The fields that differ, in the order of the form. */
export const changedFields = (before: Draft, after: Draft): DraftField[] =>
  STEPS.flatMap((step) => STEP_FIELDS[step]).filter((field) => !isSame(before[field], after[field]));

/** Some values have many parts, and one that was kept in the tab is another object. */
const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** What a choice takes along: a table belongs to its source. */
export function withConsequences(draft: Draft, change: Partial<Draft>): Partial<Draft> {
  const movesSource = change.sourceId !== undefined && change.sourceId !== draft.sourceId;
  return { ...change, ...(movesSource && change.sourceTable === undefined && { sourceTable: null }) };
}
