import {
  type CursorLook,
  type CursorRange,
  type CursorRequest,
  isOfOrder,
  type TableDescription,
} from "@millrace/engine";
import { AppError, formatTableName, type IncrementalPolicy, type TableName } from "@millrace/shared";
import { type OpenTransactions, readerName, waitForOpenTransactions, waitForReplay } from "./postgres-barrier.ts";
import { describeTable, detailOf } from "./postgres-catalog.ts";
import { quoteIdentifier, quoteLiteral, quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { baseTypeOf } from "./postgres-types.ts";

/** A cursor's values as SQL, by their type. They travel as the server's own text and never become numbers or dates. */
interface CursorType {
  /** Without modifiers and domains, as casts name it. */
  readonly type: string;
  /** Types whose values follow each other alike, and read each other's text, share it. */
  readonly order: string;
  /** The greatest value of a column that a position may take: nothing infinite, nothing from the future. */
  readonly capped: (value: string) => string;
  readonly isFinite: (value: string) => string;
  /** A value less the lag; null where the type has no distances. */
  readonly less: ((value: string, lag: string) => string) | null;
  /** The value of a row that a transaction wrote which began at the time; null where values are no times. */
  readonly writtenSince: ((time: string) => string) | null;
  readonly defaultLag: number;
  /** Of texts: the column's own order, which its index has as well. */
  readonly collate: string;
}

const whole = (type: string, least: string): CursorType => ({
  type,
  order: "whole numbers",
  capped: (value) => value,
  isFinite: () => "true",
  less: (value, lag) => `greatest(${value}::pg_catalog.numeric - floor(${lag}), ${least})::${type}`,
  writtenSince: null,
  defaultLag: 0,
  collate: "",
});

const named = (type: string): CursorType => ({
  type,
  order: type,
  capped: (value) => value,
  isFinite: () => "true",
  less: null,
  writtenSince: null,
  defaultLag: 0,
  collate: "",
});

/** Clocks are at most 14 hours ahead of UTC and 12 behind, whatever zone the source's columns are in. */
const AHEAD = "interval '14 hours'";
const BEHIND = "interval '12 hours'";
const seconds = (lag: string) => `${lag} * interval '1 second'`;

const TYPES: Readonly<Record<string, CursorType>> = {
  "timestamp with time zone": {
    type: "timestamptz",
    order: "timestamptz",
    capped: (value) => `least(${value}, now())`,
    isFinite: (value) => `isfinite(${value})`,
    less: (value, lag) => `(${value} - ${seconds(lag)})`,
    writtenSince: (time) => `${time}::timestamptz`,
    defaultLag: 0,
    collate: "",
  },
  "timestamp without time zone": {
    type: "timestamp",
    order: "timestamp",
    capped: (value) => `least(${value}, now() at time zone 'UTC' + ${AHEAD})`,
    isFinite: (value) => `isfinite(${value})`,
    less: (value, lag) => `(${value} - ${seconds(lag)})`,
    writtenSince: (time) => `(${time}::timestamptz at time zone 'UTC' - ${BEHIND})`,
    // In autumn the clock of a zone with summer time goes back by as much.
    defaultLag: 3600,
    collate: "",
  },
  date: {
    type: "date",
    order: "date",
    capped: (value) => `least(${value}, (now() at time zone 'UTC' + ${AHEAD})::date)`,
    isFinite: (value) => `isfinite(${value})`,
    less: (value, lag) => `(${value} - ceil(${lag} / 86400)::integer)`,
    writtenSince: (time) => `(${time}::timestamptz at time zone 'UTC' - ${BEHIND})::date`,
    defaultLag: 0,
    collate: "",
  },
  smallint: whole("int2", "-32768"),
  integer: whole("int4", "-2147483648"),
  bigint: whole("int8", "-9223372036854775808"),
  numeric: {
    ...whole("numeric", "'-infinity'"),
    order: "numeric",
    isFinite: (value) => `${value}::text not in ('NaN', 'Infinity')`,
    less: (value, lag) => `(${value} - ${lag})`,
  },
  text: named("text"),
  "character varying": named("text"),
  uuid: named("uuid"),
};

/** Throws `CURSOR_INVALID` with the reason. Pure. */
export function assertCursor(description: TableDescription, policy: IncrementalPolicy): void {
  cursorTypeOf(description, policy);
}

function cursorTypeOf(description: TableDescription, { cursor, lag }: IncrementalPolicy): CursorType {
  const invalid = (reason: string) => new AppError("CURSOR_INVALID", { params: { cursor, reason, side: "source" } });
  const column = description.columns.find(({ name }) => name === cursor);
  if (!column) throw invalid(`${formatTableName(description)} has no such column`);
  const detail = detailOf(description);
  const base = baseTypeOf(detail, column.type, detail.columns.get(cursor)?.typeOid ?? "").type;
  const type = TYPES[base.replace(/\(.*?\)/, "")];
  if (!type) throw invalid(`values of type ${column.type} have no order to go by`);
  if (lag !== null && lag > 0 && !type.less) throw invalid(`values of type ${column.type} have no lag`);
  const collation = detail.columns.get(cursor)?.collation ?? null;
  return collation === null
    ? type
    : { ...type, order: `${type.order} by ${collation}`, collate: ` collate ${collation}` };
}

/** See `SourceSide.lookAtCursor`. */
export async function lookAtCursor(
  session: PostgresSession,
  table: TableName,
  request: CursorRequest,
  signal: AbortSignal,
): Promise<CursorLook> {
  const { policy } = request;
  const description = await describeTable(session, table);
  if (!description) {
    throw new AppError("SOURCE_TABLE_MISSING", { params: { table: formatTableName(table), side: "source" } });
  }
  const type = cursorTypeOf(description, policy);
  // With its table, or `order by` would take it for the text that is selected.
  const column = `t.${quoteIdentifier(policy.cursor)}`;
  const isNullable = description.columns.find(({ name }) => name === policy.cursor)?.isNullable !== false;
  const place = { column: policy.cursor, nulls: policy.nulls, isNullable };
  await session.query("select set_config('application_name', $1, false)", [readerName()]);
  if (request.window) {
    const { from, to } = await readWindow(session, request.window, type);
    return { range: { ...place, type: type.type, from, to }, order: type.order, position: null, notes: [] };
  }
  const notes: string[] = [];
  const [state] = await session.query<{ newest: string | null; is_standby: boolean }>(
    `select pg_is_in_recovery() as is_standby, (
       select ${type.capped(column)}::text from ${quoteTable(table)} t
       where ${column} is not null and ${type.isFinite(column)} order by ${column} desc limit 1) as newest`,
  );
  const newest = state?.newest ?? null;
  const timeoutMs = policy.barrierSeconds * 1000;
  if (state?.is_standby) notes.push("The source is a standby: what it has not replayed yet is read by a later run");
  const open = await (state?.is_standby ? waitForReplay : waitForOpenTransactions)(session, timeoutMs, signal);
  const known = request.from && isOfOrder(request.from, type.order) ? request.from.value : null;
  const bounds = await readBounds(session, policy, known, type, newest, open);
  if (open) notes.push(openNote(open, policy.barrierSeconds, bounds.isHeld));
  if (bounds.isBehind) {
    notes.push(
      "The newest cursor of the source is behind the position: reads on from the newest, and sets the position back",
    );
  }
  return {
    range: { ...place, type: type.type, from: bounds.from, to: null },
    order: type.order,
    position: bounds.position ?? known,
    notes,
  };
}

const openNote = ({ count }: OpenTransactions, waited: number, isHeld: boolean): string =>
  `${count} transactions of the source that may commit earlier cursors were still open after ${waited} s; ` +
  (isHeld
    ? "the position stays where it was, so that the next run reads these rows again"
    : "the position goes no further than the beginning of the oldest");

interface Bounds extends Record<string, unknown> {
  readonly from: string | null;
  readonly position: string | null;
  readonly isBehind: boolean;
  readonly isHeld: boolean;
}

/** Where to read from and how far the position may go, computed by the server in the cursor's own type. */
async function readBounds(
  session: PostgresSession,
  policy: IncrementalPolicy,
  from: string | null,
  type: CursorType,
  newest: string | null,
  open: OpenTransactions | null,
): Promise<Bounds> {
  const cast = (parameter: string) => `(${parameter}::text::${type.type}${type.collate})`;
  const isHeld = open !== null && (open.since === null || type.writtenSince === null);
  const reached = isHeld
    ? cast("$1")
    : open?.since && type.writtenSince
      ? `least(${cast("$2")}, ${type.writtenSince(quoteLiteral(open.since))})`
      : cast("$2");
  const lag = policy.lag ?? type.defaultLag;
  const start = `least(${cast("$1")}, ${cast("$2")})`;
  const [row] = await session.query<Bounds>(
    `select case when $1::text is null then null else (${type.less && lag > 0 ? type.less(start, `'${lag}'::numeric`) : start})::text end as "from",
            (${reached})::text as position,
            coalesce(${cast("$2")} < ${cast("$1")}, false) as "isBehind"`,
    [from, newest],
  );
  return { from: row?.from ?? null, position: row?.position ?? null, isBehind: row?.isBehind ?? false, isHeld };
}

/** The window's ends as the server spells them. Throws `VALIDATION_FAILED` that names the end at fault, without its value. */
async function readWindow(
  session: PostgresSession,
  window: NonNullable<CursorRequest["window"]>,
  { type, collate }: CursorType,
): Promise<{ from: string | null; to: string | null }> {
  const read = async (end: "from" | "to") => {
    try {
      const [row] = await session.query<{ value: string | null }>(`select $1::text::${type}::text as value`, [
        window[end],
      ]);
      return row?.value ?? null;
    } catch (error) {
      const known = session.toError(error);
      if (known.code !== "VALUE_INVALID" && known.code !== "VALUE_OUT_OF_RANGE") throw known;
      throw windowFault(end, `is no value of the cursor's type ${type}`, error);
    }
  };
  const [from, to] = [await read("from"), await read("to")];
  const cast = (parameter: string) => `${parameter}::text::${type}${collate}`;
  const [row] = await session.query<{ isEmpty: boolean | null }>(`select ${cast("$1")} > ${cast("$2")} as "isEmpty"`, [
    from,
    to,
  ]);
  if (row?.isEmpty) throw windowFault("to", "comes before the beginning");
  return { from, to };
}

const windowFault = (end: string, fault: string, cause?: unknown): AppError =>
  new AppError("VALIDATION_FAILED", { params: { issue: `${end}: ${fault}`, end, fault, side: "source" }, cause });

/** That a row is read, over the base's own columns. */
export function cursorConditions({ column, type, from, to, nulls, isNullable }: CursorRange): string[] {
  const name = quoteIdentifier(column);
  const bounds = [
    ...(from === null ? [] : [`${name} >= ${quoteLiteral(from)}::pg_catalog.${type}`]),
    ...(to === null ? [] : [`${name} <= ${quoteLiteral(to)}::pg_catalog.${type}`]),
  ];
  if (!isNullable || (bounds.length === 0 && nulls !== "exclude")) return bounds;
  if (nulls === "exclude") return [...bounds, `${name} is not null`];
  return [`(${bounds.join(" and ")}) or ${name} is null`];
}

/** How many rows have no cursor. In the open transaction. Throws `CURSOR_NULL` where the policy says so. */
export async function countNullCursors(
  session: PostgresSession,
  table: TableName,
  { column, nulls, isNullable }: CursorRange,
): Promise<number> {
  if (!isNullable) return 0;
  const [row] = await session.query<{ count: string }>(
    `select count(*)::text as count from ${quoteTable(table)} where ${quoteIdentifier(column)} is null`,
  );
  const count = Number(row?.count ?? 0);
  if (count > 0 && nulls === "fail") {
    throw new AppError("CURSOR_NULL", {
      params: { count, table: formatTableName(table), cursor: column, side: "source" },
    });
  }
  return count;
}
