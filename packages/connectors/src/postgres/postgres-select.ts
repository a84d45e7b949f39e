import type { Chunk, TablePlan } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { copyFormat } from "./postgres-wire-formats.ts";

/**
 * What a run reads, in SQL that only this connector has written: the one place where select list, table or query of a user's
 * own, row filter, cursor range and chunk are put together. COPY and digest are both made of it, so they see the same rows
 * and the same values.
 *
 * Whoever narrows a read adds a condition: `{ ...relation, conditions: [...relation.conditions, "\"at\" >= '…'::timestamptz"] }`.
 * Conditions speak of the base's own columns, not of the names under which these arrive, and each stands in parentheses of its
 * own. Names in them go through `quoteIdentifier`, values through `quoteLiteral` of `postgres-identifiers.ts`; nothing else that
 * people have typed may be part of a condition or an expression.
 */
export interface PostgresRelation {
  /** A table, or a query that the server has taken for exactly one statement (`describeStatement`). */
  readonly base: TableName | { readonly query: string };
  /** The columns that the plan speaks of, over the base's; null: the base's own. */
  readonly columns: readonly { readonly name: string; readonly expression: string }[] | null;
  /** All of them hold for a row that is read. */
  readonly conditions: readonly string[];
  /** The columns that a user has asked to cast: at fault where a value turns out not to be of the type. */
  readonly casts: readonly string[];
}

/** A table as it is. */
export const wholeRelation = ({ schema, name }: TableName): PostgresRelation => ({
  base: { schema, name },
  columns: null,
  conditions: [],
  casts: [],
});

/** The statement that sends the plan's columns of the chunk's rows, and behind them `more`. */
export function copyOutSql(
  relation: PostgresRelation,
  plan: TablePlan,
  chunk: Chunk,
  more: readonly string[] = [],
): string {
  const list = [...plan.columns.map((column) => column.expression), ...more].join(", ");
  return `copy (select ${list} from ${fromSql(relation, chunk)}) to stdout (format ${copyFormat(plan.wireFormat)})`;
}

/**
 * What stands behind `from` for the chunk's rows, a condition included. The planner pulls the inner select up, so a
 * mapping costs what its expressions cost and no more.
 */
export function fromSql(
  { base, columns, conditions }: PostgresRelation,
  { condition }: Pick<Chunk, "condition">,
): string {
  const rows = baseSql(base) + whereSql(condition === null ? conditions : [condition, ...conditions]);
  if (columns === null) return rows;
  const list = columns.map(({ name, expression }) => `${expression} as ${quoteIdentifier(name)}`).join(", ");
  return `(select ${list} from ${rows}) as mapped`;
}

/** The name under which a row's place in its table goes through a mapping. */
const PLACE = "_millrace_place";

export interface LastRows {
  /** Columns of the plan. */
  readonly key: readonly string[];
  /** As `Keying.lastBy`. */
  readonly lastBy: string | null;
  /** Whether rows have a place in their table, which is the order in which they are read. */
  readonly hasPlaces: boolean;
}

/** As `fromSql`, of the rows that share a key only the one that a merge would keep. */
export function lastRowsSql(relation: PostgresRelation, plan: TablePlan, { key, lastBy, hasPlaces }: LastRows): string {
  const expressionOf = (name: string) =>
    `(${plan.columns.find((column) => column.name === name)?.expression ?? quoteIdentifier(name)})`;
  const { columns } = relation;
  const isMapped = columns !== null;
  const placed =
    isMapped && hasPlaces ? { ...relation, columns: [...columns, { name: PLACE, expression: "ctid" }] } : relation;
  const keys = key.map(expressionOf);
  const order = [
    ...keys,
    ...(lastBy === null ? [] : [`${expressionOf(lastBy)} desc nulls last`]),
    ...(hasPlaces ? [`${isMapped ? quoteIdentifier(PLACE) : "ctid"} desc`] : []),
  ];
  const rows = fromSql(placed, { condition: null });
  return `(select distinct on (${keys.join(", ")}) * from ${rows} order by ${order.join(", ")}) as last`;
}

function baseSql(base: PostgresRelation["base"]): string {
  // A comment at the end of a query must not hide what follows.
  return "query" in base ? `(\n${base.query}\n) as source` : quoteTable(base);
}

const whereSql = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "" : ` where ${conditions.map((condition) => `(${condition})`).join(" and ")}`;
