import { AppError, decodeCursor, encodeCursor, Id, type ListPipelinesInput, type PipelineSort } from "@millrace/shared";
import { z } from "zod";

/** A condition in SQL and the values of its question marks. */
export interface Condition {
  readonly sql: string;
  readonly params: readonly (string | number)[];
}

/** States by what needs attention first. Its index is over this very expression. */
export const STATUS_RANK = "(case p.status when 'failed' then 0 when 'running' then 1 when 'active' then 2 else 3 end)";

interface Column {
  readonly sql: string;
  /** The value as text, exact to the last digit, so that it compares equal when it comes back. */
  readonly text: string;
  readonly type: "text" | "int" | "timestamptz";
  /** What a cursor may carry: anything else never reaches the database. */
  readonly value: z.ZodType<string | null>;
}

const time = (column: string): Column => ({
  sql: column,
  text: `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  type: "timestamptz",
  value: z.iso.datetime({ precision: 6 }).nullable(),
});

const COLUMNS: Record<Exclude<PipelineSort, "created">, Column> = {
  name: { sql: "lower(p.name)", text: "lower(p.name)", type: "text", value: z.string().regex(/^[^\0]*$/) },
  status: { sql: STATUS_RANK, text: `${STATUS_RANK}::text`, type: "int", value: z.string().regex(/^[0-3]$/) },
  lastRun: time("p.last_run_at"),
  nextRun: time("p.next_run_at"),
};

/** An order of the list: by the column, then by id, both in one direction; what has no value comes last in either. */
export interface PipelineOrder {
  readonly sql: string;
  /** The text that a cursor carries beside the id, in SQL. */
  readonly text: string;
  readonly sort: PipelineSort;
  readonly order: "asc" | "desc";
}

export function orderOf({ sort, order }: Pick<ListPipelinesInput, "sort" | "order">): PipelineOrder {
  // Ids sort by creation.
  if (sort === "created") return { sql: `order by p.id ${order}`, text: "null::text", sort, order };
  const { sql, text } = COLUMNS[sort];
  return { sql: `order by ${sql} ${order} nulls last, p.id ${order}`, text, sort, order };
}

/** What is needed to go on after a row, and for which order alone that holds. */
const Cursor = z.tuple([z.string(), z.string(), z.string().nullable(), Id]);

export function cursorAfter({ sort, order }: PipelineOrder, id: string, value: string | null): string {
  if (sort === "created") return encodeCursor(id);
  return toBase64(JSON.stringify([sort, order, value, id] satisfies z.infer<typeof Cursor>));
}

/** The rows that come after the cursor's. Throws `VALIDATION_FAILED` for one that this order did not give. */
export function startAfter({ sort, order }: PipelineOrder, cursor: string | undefined): Condition | null {
  if (cursor === undefined) return null;
  const beyond = order === "asc" ? ">" : "<";
  if (sort === "created") return { sql: `p.id ${beyond} ?`, params: [decodeCursor(cursor)] };
  const column = COLUMNS[sort];
  const [cursorSort, cursorOrder, cursorValue, id] = readCursor(cursor);
  const value = column.value.safeParse(cursorValue);
  if (cursorSort !== sort || cursorOrder !== order || !value.success) throw foreignCursor();
  if (value.data === null) return { sql: `${column.sql} is null and p.id ${beyond} ?`, params: [id] };
  const after = `(${column.sql}, p.id) ${beyond} (?::${column.type}, ?::uuid)`;
  const isNullable = column.value.safeParse(null).success;
  return {
    sql: isNullable ? `(${after} or ${column.sql} is null)` : after,
    params: [value.data, id],
  };
}

function readCursor(cursor: string): z.infer<typeof Cursor> {
  const parsed = Cursor.safeParse(fromBase64(cursor));
  if (!parsed.success) throw foreignCursor();
  return parsed.data;
}

const foreignCursor = () => new AppError("VALIDATION_FAILED", { params: { issue: "cursor: is not one of this list" } });

const toBase64 = (text: string): string => Buffer.from(text, "utf8").toString("base64url");

function fromBase64(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
