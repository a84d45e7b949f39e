import { isDeepStrictEqual } from "node:util";
import type { AuditChange } from "@millrace/shared";

/** What a service says of a change that it made. */
export interface AuditRecord {
  readonly subjectType: string;
  readonly subjectId: string | null;
  readonly subjectName: string | null;
  /** The pipeline whose history the change belongs to. */
  readonly pipelineId?: string;
  readonly changes?: readonly AuditChange[];
}

/**
 * What one call of a write procedure has changed. Services record here, the procedure's middleware writes it down with the
 * change itself. A call that changes many things records each; one that records nothing is written down all the same.
 */
export class AuditTrail {
  readonly #records: AuditRecord[] = [];

  record(record: AuditRecord): void {
    this.#records.push(record);
  }

  get records(): readonly AuditRecord[] {
    return this.#records;
  }
}

type Value = NonNullable<AuditChange["values"]>["after"];
type Fields = Readonly<Record<string, Value | undefined>>;

/** The fields whose values differ, with both values. `before` is null for something new, of which empty fields say nothing. */
export function changedFields(before: Fields | null, after: Fields): AuditChange[] {
  return Object.keys(after).flatMap((field) => {
    const values = { before: before?.[field] ?? null, after: after[field] ?? null };
    const isSame = before === null ? isEmpty(values.after) : isDeepStrictEqual(values.before, values.after);
    return isSame ? [] : [{ field, values }];
  });
}

const isEmpty = (value: unknown): boolean => value === null || value === "";

/** As `changedFields`, by names alone: for what holds secrets, or may. */
export const changedNames = (prefix: string, before: Fields, after: Fields): AuditChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => ({ field: `${prefix}${key}`, values: null }));
