import {
  DEFAULT_POLICIES,
  hasKey,
  type PipelinePolicies,
  PipelinePolicies as PoliciesSchema,
  type PlanRefusal,
  type WriteMode,
} from "@millrace/shared";

/** The parts of the policies that the form has a field for. */
export type PolicyField =
  | "key"
  | "deletes"
  | "column"
  | "maxPercent"
  | "cursor"
  | "barrierSeconds"
  | "lag"
  | "maxShrinkPercent"
  | "keepHours"
  | "errorBudget";
export type PolicyFaults = Partial<Record<PolicyField, string>>;

/** What counts under a write mode: policies that it has no use for are as if nobody had set them. */
export function policiesFor(writeMode: WriteMode, policies: PipelinePolicies): PipelinePolicies {
  const { maxShrinkPercent, undo, ...keyed } = policies;
  if (!hasKey(writeMode)) {
    const { schemaChange, verification, errorBudget } = policies;
    const always = { ...DEFAULT_POLICIES, schemaChange, verification, errorBudget };
    return writeMode === "replace" ? { ...always, maxShrinkPercent, undo } : always;
  }
  const isImpossible = writeMode === "history" && keyed.deletes.mode === "hard";
  return {
    ...DEFAULT_POLICIES,
    ...keyed,
    // A version that is closed is as near to deleted as history comes.
    ...(isImpossible && { deletes: { ...keyed.deletes, mode: "soft" } }),
  };
}

/** What can be planned already: a choice that is not made to its end counts as not made. */
export const plannable = (policies: PipelinePolicies): PipelinePolicies => ({
  ...policies,
  key: policies.key?.length === 0 ? null : policies.key,
  deletes: { ...policies.deletes, column: policies.deletes.column || DEFAULT_POLICIES.deletes.column },
  incremental: policies.incremental?.cursor ? policies.incremental : null,
});

/** What the form says where something is missing; the rest has the schema's own words. */
const MISSING: PolicyFaults = {
  key: "Choose at least one column that tells rows apart",
  column: "Name the column that says since when a row is gone",
  cursor: "Choose the column that tells what has changed",
};

/** What the one schema finds wrong with the policies, at its field. */
export function policyFaults(policies: PipelinePolicies): PolicyFaults {
  const parsed = PoliciesSchema.safeParse(policies);
  if (parsed.success) return {};
  const faults: PolicyFaults = {};
  for (const { path, message } of parsed.error.issues) {
    const field = fieldOfPath(path);
    if (field !== null) faults[field] ??= MISSING[field] ?? message;
  }
  return faults;
}

/** The field that a path within the policies leads to, whoever spells it. */
function fieldOfPath(path: readonly PropertyKey[]): PolicyField | null {
  const [first, second] = path;
  if (first === "key" || first === "maxShrinkPercent") return first;
  if (first === "undo") return "keepHours";
  if (first === "errorBudget") return "errorBudget";
  if (first === "incremental") return second === "barrierSeconds" || second === "lag" ? second : "cursor";
  if (first !== "deletes") return null;
  return second === "column" || second === "maxPercent" ? second : "deletes";
}

/** What the catalogs have against the policies, at its field; nothing where the refusal is about something else. */
export function refusedPolicy(refusal: PlanRefusal | null | undefined, policies: PipelinePolicies): PolicyFaults {
  if (!refusal) return {};
  const field = fieldOfRefusal(refusal, policies);
  return field === null ? {} : { [field]: `${refusal.message}. ${refusal.hint}` };
}

function fieldOfRefusal({ code, column }: PlanRefusal, { deletes }: PipelinePolicies): PolicyField | null {
  switch (code) {
    case "KEY_MISSING":
    case "KEY_COLUMN_MISSING":
    case "KEY_NOT_UNIQUE":
      return "key";
    case "COLUMN_RESERVED":
    case "COLUMN_MISSING":
      return deletes.mode === "soft" && column === deletes.column ? "column" : null;
    case "CURSOR_INVALID":
      return "cursor";
    default:
      return null;
  }
}
