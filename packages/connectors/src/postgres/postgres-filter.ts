import type { TableDescription } from "@millrace/engine";
import { AppError, type FilterCondition, type FilterGroup, type RowFilter, type TableName } from "@millrace/shared";
import { detailOf } from "./postgres-catalog.ts";
import { quoteIdentifier, quoteLiteral } from "./postgres-identifiers.ts";

/** A condition with the SQL that it became, or why it cannot. */
export interface CompiledCondition {
  readonly column: string;
  readonly sql: string;
  readonly refusal: AppError | null;
}

/** The filter's condition and each part of it by itself, to be shown to the server one by one where it refuses the whole. */
export function compileFilter(
  filter: RowFilter,
  base: TableDescription,
): { readonly sql: string; readonly conditions: readonly CompiledCondition[] } {
  const conditions: CompiledCondition[] = [];
  const compile = (part: FilterCondition | FilterGroup | RowFilter): string => {
    if ("conditions" in part) {
      return `(${part.conditions.map(compile).join(part.match === "all" ? " and " : " or ")})`;
    }
    const compiled = compileCondition(part, base);
    conditions.push(compiled);
    return compiled.sql;
  };
  return { sql: compile(filter), conditions };
}

function compileCondition(condition: FilterCondition, base: TableDescription): CompiledCondition {
  const { column } = condition;
  const detail = detailOf(base);
  const type = detail.types.get(detail.columns.get(column)?.typeOid ?? "");
  if (!type) {
    return {
      column,
      sql: "true",
      refusal: new AppError("MAPPING_COLUMN_MISSING", { params: { source: column, side: "source" } }),
    };
  }
  try {
    return { column, sql: conditionSql(condition, { schema: type.schema, name: type.name }), refusal: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { column, sql: "true", refusal: filterInvalid(column, "a value holds a character that no text has") };
  }
}

export const filterInvalid = (column: string, reason: string): AppError =>
  new AppError("MAPPING_FILTER_INVALID", { params: { source: column, reason, side: "source" } });

function conditionSql({ column, operator, values }: FilterCondition, type: TableName): string {
  const name = quoteIdentifier(column);
  const [value = ""] = values;
  const literal = quoteLiteral(value, type);
  const list = values.map((each) => quoteLiteral(each, type)).join(", ");
  const text = `(${name})::pg_catalog.text collate "C"`;
  switch (operator) {
    case "equals":
      return `${name} = ${literal}`;
    // Where no value stands, it is not that value.
    case "not_equals":
      return `${name} is distinct from ${literal}`;
    case "less":
      return `${name} < ${literal}`;
    case "less_or_equal":
      return `${name} <= ${literal}`;
    case "greater":
      return `${name} > ${literal}`;
    case "greater_or_equal":
      return `${name} >= ${literal}`;
    case "in":
      return `${name} in (${list})`;
    case "not_in":
      return `(${name} is null or ${name} not in (${list}))`;
    case "contains":
      return `pg_catalog.strpos(${text}, ${quoteLiteral(value)}) > 0`;
    case "starts_with":
      return `pg_catalog.left(${text}, ${characters(value)}) = ${quoteLiteral(value)}`;
    case "ends_with":
      return `pg_catalog.right(${text}, ${characters(value)}) = ${quoteLiteral(value)}`;
    case "is_null":
      return `${name} is null`;
    case "is_not_null":
      return `${name} is not null`;
  }
}

/** As the server counts them: code points. */
const characters = (text: string): number => Array.from(text).length;
