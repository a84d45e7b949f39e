import { z } from "zod";
import { ColumnName } from "./column-name.ts";
import { RowFilter } from "./row-filter.ts";

/** The types that a column can be cast to, as PostgreSQL spells them. A length or a precision stands behind the name. */
const CAST_TYPES = [
  "boolean",
  "smallint",
  "integer",
  "bigint",
  "numeric",
  "real",
  "double precision",
  "text",
  "character varying",
  "date",
  "time without time zone",
  "timestamp without time zone",
  "timestamp with time zone",
  "interval",
  "uuid",
  "json",
  "jsonb",
  "bytea",
  "inet",
] as const;
export const PLAIN_CAST_TYPES: readonly string[] = CAST_TYPES;

const CAST_TYPE = new RegExp(
  `^(?:${CAST_TYPES.join("|")}|numeric\\(\\d{1,4}(?:,\\d{1,4})?\\)|character varying\\(\\d{1,8}\\))$`,
);

/** For example `bigint`, `numeric(12,2)` or `character varying(40)`. A cast to `numeric(p,s)` and to integers rounds. */
export const CastType = z.string().max(60).regex(CAST_TYPE, "is not a type that a column can be cast to");
export type CastType = z.infer<typeof CastType>;

/**
 * What becomes of a column's values on their way. No value stays no value, except under `constant`.
 * - `keep`: as they are, under whatever name.
 * - `cast`: to another type. A value that the type cannot take fails the run.
 * - `constant`: one value for all rows, of no column of the source; null for none.
 * - `hash`: SHA-256 of the text in UTF-8 (of a binary value: of its bytes), in hexadecimal. Whoever can guess a value can check it.
 * - `partial`: the first and last characters stay, each of the others becomes a star; of a text no longer than that, all do.
 * - `redact`: the same text for every value.
 * - `hmac`: HMAC-SHA-256 of the text under the pipeline's mask key, in hexadecimal: equal values stay equal, and nobody without
 *   the key can check a guess.
 */
export const ColumnTransform = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("keep") }),
  z.strictObject({ kind: z.literal("cast"), type: CastType }),
  z.strictObject({
    kind: z.literal("constant"),
    value: z.string().max(10_000).nullable(),
    type: CastType.default("text"),
  }),
  z.strictObject({ kind: z.literal("hash") }),
  z.strictObject({
    kind: z.literal("partial"),
    first: z.int().min(0).max(100).default(1),
    last: z.int().min(0).max(100).default(1),
  }),
  z.strictObject({ kind: z.literal("redact"), text: z.string().max(255).default("[redacted]") }),
  z.strictObject({ kind: z.literal("hmac") }),
]);
export type ColumnTransform = z.infer<typeof ColumnTransform>;

export const MappedColumn = z
  .strictObject({
    /** The source's column; null under `constant`, and only there. */
    source: ColumnName.nullable(),
    /** The name under which it arrives. */
    name: ColumnName,
    transform: ColumnTransform.default({ kind: "keep" }),
  })
  .superRefine(({ source, transform }, context) => {
    const isConstant = transform.kind === "constant";
    if (isConstant === (source === null)) return;
    const message = isConstant ? "a constant has no column of the source" : "is required";
    context.addIssue({ code: "custom", path: ["source"], message });
  });
export type MappedColumn = z.infer<typeof MappedColumn>;

/** The most columns that a PostgreSQL table has. */
const MAX_COLUMNS = 1600;

/** A statement that reads, in place of the source table. Only an admin can set it; it runs in a transaction that cannot write. */
export const SourceQuery = z.strictObject({
  sql: z
    .string()
    .trim()
    .min(1, "is required")
    .max(100_000)
    .regex(/^[^\0]*$/, "holds a character that no statement has"),
  /** How long one of its executions may take. */
  minutes: z.int().min(1).max(1440).default(60),
});
export type SourceQuery = z.infer<typeof SourceQuery>;

/**
 * Which columns and rows of the source arrive, and as what. All of it becomes part of the source's own query. Without any of it
 * every column and every row arrives as it is.
 */
export const Mapping = z.strictObject({
  /** Columns with a name or a transform of their own; one of the source's may stand here more than once. */
  columns: z.array(MappedColumn).max(MAX_COLUMNS).default([]),
  /** What becomes of the source's columns that `columns` does not speak of, those that it will have one day included. */
  rest: z.enum(["keep", "drop"]).default("keep"),
  /** Of the rest, those that do not arrive. */
  exclude: z.array(ColumnName).max(MAX_COLUMNS).default([]),
  filter: RowFilter.nullable().default(null),
  query: SourceQuery.nullable().default(null),
});
export type Mapping = z.infer<typeof Mapping>;

export const PLAIN_MAPPING: Mapping = { columns: [], rest: "keep", exclude: [], filter: null, query: null };

/** Whether everything of the table arrives as it is. */
export const isPlainMapping = ({ columns, rest, exclude, filter, query }: Mapping): boolean =>
  columns.length === 0 && rest === "keep" && exclude.length === 0 && filter === null && query === null;

/** Whether the mapping needs the pipeline's mask key. */
export const needsMaskKey = ({ columns }: Mapping): boolean =>
  columns.some(({ transform }) => transform.kind === "hmac");

/** The secret of `hmac`. Written, never read back. */
export const MaskKey = z.string().min(16, "takes at least 16 characters").max(1024);
