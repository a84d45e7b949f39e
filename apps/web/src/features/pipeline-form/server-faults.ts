import { errorParam, fieldFaults, toUserMessage } from "../../lib/errors.ts";
import { type DraftField, FIELD_LABELS, type Faults } from "./draft.ts";

/** The fields that a refusal of the server is about, each with its sentence; empty where it is about none of them. */
export function serverFaults(error: unknown): Faults {
  const faults = fieldFaults(error).filter(({ path }) => path in FIELD_LABELS);
  if (faults.length > 0) return Object.fromEntries(faults.map(({ path, message }) => [path, message]));
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
