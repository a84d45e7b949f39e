import { RunnablePipelineInput } from "@millrace/shared";
import type { Draft } from "./draft.ts";

/**
 * Changes of a form that is not saved yet, kept for this tab alone: two tabs are two forms, and the end of the tab ends them.
 * Without storage, as in some private windows, they live as long as the page.
 */
export function keptChanges(key: string): Partial<Draft> {
  const kept: unknown = parse(read(key));
  if (typeof kept !== "object" || kept === null) return {};
  // What an older version of the page has left may hold anything; whether a value is right is the form's own to find.
  const known = Object.entries(kept).filter(
    ([field, value]) => field in RunnablePipelineInput.shape && isKept(field, value),
  );
  return Object.fromEntries(known) as Partial<Draft>;
}

/** A value of many parts has to be one that the form knows its way in. */
const isKept = (field: string, value: unknown): boolean =>
  value === null || ["string", "boolean"].includes(typeof value) || isWhole(field, value);

const isWhole = (field: string, value: unknown): boolean =>
  Object.entries(RunnablePipelineInput.shape).some(
    ([name, schema]) => name === field && schema.safeParse(value).success,
  );

export function keepChanges(key: string, changes: Partial<Draft>): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(changes));
  } catch {
    // Full or forbidden: the page still has them.
  }
}

export function forgetChanges(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // As above.
  }
}

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
