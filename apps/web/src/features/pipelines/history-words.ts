import type { AuditChange, AuditEvent } from "@millrace/shared";
import { formatExactly } from "../../lib/format.ts";
import { storedMapping } from "../../lib/mapping-words.ts";
import { PIPELINE_FIELDS } from "../../lib/pipeline-fields.ts";
import { storedLimits, storedPolicies } from "../../lib/policy-words.ts";

/** Beside the settings, what only a history speaks of. */
const FIELDS: Record<string, string> = {
  ...PIPELINE_FIELDS,
  isEnabled: "Schedule on",
  hasMaskKey: "Mask key",
  schema: "Accepted",
};

/** `Source table`; a field that has no words yet reads as its name, taken apart. */
export const fieldWord = (field: string): string =>
  FIELDS[field] ??
  field.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (letter) => letter.toUpperCase());

type Value = NonNullable<AuditChange["values"]>["after"];

/** A value to read. `nameOf` knows data sources by their ids. */
export function valueText(field: string, value: Value, nameOf: (sourceId: string | null) => string | null): string {
  if (value === null || value === "") return "not set";
  if (field === "schema" && Array.isArray(value)) return value.map(String).join("; ");
  if (field === "hasMaskKey") return value === true ? "set" : "none";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return String(value);
  if (field === "mapping") return storedMapping(value) ?? JSON.stringify(value);
  if (field === "limits") return storedLimits(value) ?? JSON.stringify(value);
  if (field === "policies") return storedPolicies(value) ?? JSON.stringify(value);
  if (typeof value !== "string") return JSON.stringify(value);
  if (field === "sourceId" || field === "destinationId") return nameOf(value) ?? value;
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? formatExactly(new Date(value)) : value;
}

/** What somebody did, to follow their name. */
export function actionPhrase({ action, changes }: Pick<AuditEvent, "action" | "changes">): string {
  switch (action) {
    case "pipelines.create":
      return "created the pipeline";
    case "pipelines.trigger":
    case "pipelines.triggerMany":
      return "started a run";
    case "pipelines.verify":
      return "started a verification";
    case "pipelines.repair":
      return "started a repair of rows";
    case "runs.retry":
      return "started a run as a retry";
    case "runs.undo":
      return "started a run that undoes another";
    case "pipelines.acceptSchema":
      return "accepted what had changed in the table";
    case "pipelines.backfill":
      return "started a backfill";
    case "runs.cancel":
      return "cancelled a run";
    case "pipelines.update":
    case "pipelines.switchMany":
      return updatePhrase(changes);
    default:
      return action;
  }
}

function updatePhrase(changes: readonly AuditChange[]): string {
  const [only] = changes;
  if (!only) return "saved the pipeline unchanged";
  if (changes.length > 1) return `changed ${changes.length} settings`;
  if (only.field === "isEnabled")
    return only.values?.after === true ? "switched the schedule on" : "switched the schedule off";
  return `changed the ${fieldWord(only.field).toLowerCase()}`;
}

/** The run that an event started; nothing for any other event. */
export function startedRunId({ changes }: Pick<AuditEvent, "changes">): string | undefined {
  const after = changes.find(({ field }) => field === "run")?.values?.after;
  return typeof after === "string" ? after : undefined;
}
