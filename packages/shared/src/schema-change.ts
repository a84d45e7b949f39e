import { z } from "zod";
import { Id } from "./ids.ts";

/**
 * What a run does where its table is no longer the one that was agreed. `ask`: it stops before it touches anything, until
 * somebody has accepted the difference. `evolve`: the destination follows as far as no value can be lost, and asks beyond that.
 * `discard_column`: the destination keeps its columns, and what it has no column for is left out. `freeze`: it fails.
 */
export const SchemaChangePolicy = z.enum(["ask", "evolve", "discard_column", "freeze"]);
export type SchemaChangePolicy = z.infer<typeof SchemaChangePolicy>;

/** A table's structure as its catalog spells it; of a mapped source that of what arrives. Never a value. */
export const TableShape = z.strictObject({
  columns: z.array(z.strictObject({ name: z.string(), type: z.string(), isNullable: z.boolean() })),
  primaryKey: z.array(z.string()),
  /** Of a mapped source: those of its own columns that the pipeline speaks of, whether or not they arrive. */
  used: z.array(z.strictObject({ name: z.string(), type: z.string() })).exactOptional(),
});
export type TableShape = z.infer<typeof TableShape>;

/** Both ends as they stood after the last run that succeeded. `destination` is null where that is not known. */
export const SchemaAgreement = z.strictObject({ source: TableShape, destination: TableShape.nullable() });
export type SchemaAgreement = z.infer<typeof SchemaAgreement>;

/**
 * A column that was renamed is one that was removed and one that was added: nobody can tell otherwise without a guess.
 * `type_widened`: every value of before is one of after as well; `type_narrowed`: the other way round.
 */
export const SchemaChangeKind = z.enum([
  "column_added",
  "column_removed",
  "type_widened",
  "type_narrowed",
  "type_changed",
  "label_added",
  "nullability_loosened",
  "nullability_tightened",
  "key_changed",
]);
export type SchemaChangeKind = z.infer<typeof SchemaChangeKind>;

/** A part of a pipeline that speaks of a column of the source. */
export const SchemaUse = z.strictObject({
  part: z.enum(["mapping", "row_filter", "cursor", "key", "exclusion"]),
  /** Of the mapping: as what the column arrives. */
  name: z.string().exactOptional(),
});
export type SchemaUse = z.infer<typeof SchemaUse>;

export const SchemaChange = z.strictObject({
  side: z.enum(["source", "destination"]),
  kind: SchemaChangeKind,
  /** At the source as the source has it, whatever it arrives as. Null where it is the key. */
  column: z.string().nullable(),
  /** The type, or the key's columns; null where there was none. */
  before: z.string().nullable(),
  after: z.string().nullable(),
  /** Which parts of the pipeline speak of the column; left out where none does. */
  usedBy: z.array(SchemaUse).exactOptional(),
});
export type SchemaChange = z.infer<typeof SchemaChange>;

/**
 * What comes of the changes. `same`: there are none. `noted`: none of them concerns what arrives. `applied`: the destination
 * follows. `left_out`: what the destination has no column for does not arrive. `waits`: for somebody who accepts. `refused`.
 */
export const SchemaVerdict = z.enum(["same", "noted", "applied", "left_out", "waits", "refused"]);
export type SchemaVerdict = z.infer<typeof SchemaVerdict>;

/** A part of a run's plan: what has changed since it was agreed, and what the run does about it. */
export const SchemaReport = z.strictObject({
  policy: SchemaChangePolicy,
  verdict: SchemaVerdict,
  changes: z.array(SchemaChange),
  /** Statements that bring the destination's table up to date; where the run waits, those that would after it was accepted. */
  statements: z.array(z.string()),
});
export type SchemaReport = z.infer<typeof SchemaReport>;

/** What a run of the pipeline has found and stopped for, until it is accepted or a run succeeds without. */
export const WaitingSchema = z.strictObject({ ...SchemaReport.shape, runId: Id, at: z.iso.datetime() });
export type WaitingSchema = z.infer<typeof WaitingSchema>;

/**
 * What the platform keeps of a pipeline's structure. `edition` changes with each change of what is read and written, so that a
 * run which began before cannot write down what it found of the tables of before.
 */
export const SchemaState = z.strictObject({
  edition: z.string().default(""),
  agreed: SchemaAgreement.nullable().default(null),
  /** The source that somebody has accepted, until a run succeeds with it. */
  accepted: TableShape.nullable().default(null),
  waiting: z
    .strictObject({ ...WaitingSchema.shape, source: TableShape })
    .nullable()
    .default(null),
});
export type SchemaState = z.infer<typeof SchemaState>;

/** Accepts what this run has found, and nothing that came after it. */
export const AcceptSchemaInput = z.strictObject({ id: Id, runId: Id });
export type AcceptSchemaInput = z.infer<typeof AcceptSchemaInput>;

/** Whether two structures are alike, whatever the order of their columns. */
export const isSameShape = (a: TableShape, b: TableShape): boolean => printOf(a) === printOf(b);

const printOf = ({ columns, primaryKey, used = [] }: TableShape): string =>
  JSON.stringify([
    columns.map(({ name, type, isNullable }) => [name, type, isNullable]).toSorted((a, b) => (a < b ? -1 : 1)),
    primaryKey,
    used.map(({ name, type }) => [name, type]).toSorted((a, b) => (a < b ? -1 : 1)),
  ]);

/** A change in a sentence's words, without its end: `column note (text) was added`. */
export function describeSchemaChange(change: SchemaChange): string {
  const uses = describeSchemaUses(change);
  return `${changeWords(change)}${uses === "" ? "" : `, ${uses}`}`;
}

/** Which parts of the pipeline the change concerns: `used by the row filter`; empty where none speaks of the column. */
export function describeSchemaUses({ column, usedBy = [] }: Pick<SchemaChange, "column" | "usedBy">): string {
  if (usedBy.length === 0) return "";
  if (isLeftOutOnly(usedBy)) return "left out by the mapping";
  const words = usedBy.flatMap((use) => useWords(use, column) ?? []);
  return `used ${[words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(" and ")}`;
}

/** Whether all that the pipeline says of the column is that it stays at the source. */
export const isLeftOutOnly = (usedBy: readonly SchemaUse[] = []): boolean =>
  usedBy.length > 0 && usedBy.every(({ part }) => part === "exclusion");

function useWords({ part, name }: SchemaUse, column: string | null): string | null {
  switch (part) {
    case "mapping":
      return name === undefined || name === column ? "by the mapping" : `by the mapping as ${name}`;
    case "row_filter":
      return "by the row filter";
    case "cursor":
      return "as the cursor";
    case "key":
      return "in the key";
    case "exclusion":
      return null;
  }
}

function changeWords({ side, kind, column, before, after }: SchemaChange): string {
  const where = side === "destination" ? "at the destination, " : "";
  switch (kind) {
    case "column_added":
      return `${where}column ${column} (${after}) was added`;
    case "column_removed":
      return `${where}column ${column} (${before}) was removed`;
    case "type_widened":
    case "type_narrowed":
    case "type_changed":
      return `${where}column ${column} changed from ${before} to ${after}`;
    case "label_added":
      return `${where}the type of column ${column} lacks the label ${after}`;
    case "nullability_loosened":
      return `${where}column ${column} may be NULL now`;
    case "nullability_tightened":
      return `${where}column ${column} may no longer be NULL`;
    case "key_changed":
      return `${where}the primary key changed from ${before ?? "none"} to ${after ?? "none"}`;
  }
}
