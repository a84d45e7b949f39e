import { errorParam, fieldFaults, toUserMessage } from "../../lib/errors.ts";
import { type DraftField, FIELD_LABELS, type Faults } from "./draft.ts";

/** The fields that a refusal of the server is about, each with its sentence; empty where it is about none of them. */
export function serverFaults(error: unknown): Faults {
  // A part of a value lands at the field of the whole.
  const faults = fieldFaults(error).map(({ path, message }) => ({ field: path.split(".")[0] ?? path, message }));
  const known = faults.filter(({ field }) => field in FIELD_LABELS);
  if (known.length > 0) return Object.fromEntries(known.map(({ field, message }) => [field, message]));
  const { code, message, hint } = toUserMessage(error);
  const field = fieldOf(code, errorParam(error, "side"));
  return field === null ? {} : { [field]: `${message}. ${hint}` };
}

function fieldOf(code: string, side: unknown): DraftField | null {
  switch (code) {
    case "PIPELINE_NAME_TAKEN":
      return "name";
    case "SCHEDULE_INVALID":
      return "schedule";
    case "SOURCE_UNKNOWN":
      return side === "destination" ? "destinationId" : "sourceId";
    default:
      return null;
  }
}
