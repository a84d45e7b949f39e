import type { RunMapping, SourceColumn, TableDescription } from "@millrace/engine";
import { AppError, type MappedColumn, type Mapping } from "@millrace/shared";
import { detailOf } from "./postgres-catalog.ts";
import { describeStatement } from "./postgres-describe.ts";
import { compileFilter, filterInvalid } from "./postgres-filter.ts";
import { mappedDescription } from "./postgres-mapped-description.ts";
import { fromSql, type PostgresRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { type CompiledColumn, transformSql } from "./postgres-transform.ts";

/** A source under a mapping: what is read, what it looks like, and what of the mapping cannot be. */
export interface MappedSource {
  readonly relation: PostgresRelation;
  /** Before the mapping. */
  readonly base: TableDescription;
  readonly description: TableDescription;
  readonly columns: readonly SourceColumn[];
  readonly refusals: readonly AppError[];
}

/** NAMEDATALEN less its end; a longer name would be cut without a word. */
const MAX_NAME_BYTES = 63;

/**
 * Makes the mapping part of what is read from `base`, a table or a query. The server itself says whether expressions and
 * conditions hold and which types they have; where it refuses them, each is shown to it alone, so that every column at fault
 * is named. Must run inside the source's transaction, which goes on whatever is refused.
 */
export async function mapSource(
  session: PostgresSession,
  base: TableDescription,
  whole: PostgresRelation,
  { mapping, maskKey }: RunMapping,
): Promise<MappedSource> {
  const compiled = compileColumns(mapping, base, maskKey);
  const filter = mapping.filter && compileFilter(mapping.filter, base);
  const isAccepted = async (columns: readonly CompiledColumn[], conditions: readonly string[]) =>
    (await refusalOf(session, relationOf(whole, columns, conditions))) === null;

  const candidates = compiled.filter(({ refusal }) => refusal === null);
  const conditions = filter && filter.conditions.every(({ refusal }) => refusal === null) ? [filter.sql] : [];
  const isWhole = await isAccepted(candidates, conditions);
  const columns = isWhole ? compiled : await inspectColumns(session, whole, compiled);
  const filterRefusals = isWhole ? [] : await inspectConditions(session, whole, filter?.conditions ?? []);

  const arriving = columns.filter(({ refusal }) => refusal === null);
  const isFiltered = isWhole || filterRefusals.length === 0;
  const relation = relationOf(whole, arriving, isFiltered ? conditions : []);
  const refusals = [
    ...columns.flatMap(({ refusal }) => refusal ?? []),
    ...missingExclusions(mapping, base),
    ...(filter?.conditions.flatMap(({ refusal }) => refusal ?? []) ?? []),
    ...filterRefusals,
  ];
  if (columns.length === 0) refusals.push(new AppError("MAPPING_EMPTY", { params: { side: "source" } }));
  return {
    relation,
    base,
    description: await mappedDescription(session, base, relation, arriving),
    columns: columns.map(({ mapped, sourceType, refusal }) => ({
      source: mapped.source,
      sourceType,
      name: mapped.name,
      isKept: mapped.transform.kind === "keep",
      refusal,
    })),
    refusals,
  };
}

const relationOf = (
  whole: PostgresRelation,
  columns: readonly CompiledColumn[],
  conditions: readonly string[],
): PostgresRelation => ({
  ...whole,
  columns: columns.map(({ mapped, expression }) => ({ name: mapped.name, expression })),
  casts: columns.flatMap(({ mapped }) => (mapped.transform.kind === "cast" ? [mapped.name] : [])),
  conditions: [...whole.conditions, ...conditions],
});

/** The columns of the mapping in the order in which they arrive: the source's own, then what comes of none of its columns. */
function wantedColumns({ columns, rest, exclude }: Mapping, base: TableDescription): MappedColumn[] {
  if (rest === "drop") return [...columns];
  const names = new Set(base.columns.map(({ name }) => name));
  return [
    ...base.columns.flatMap(({ name }): MappedColumn[] => {
      const own = columns.filter(({ source }) => source === name);
      if (own.length > 0) return own;
      return exclude.includes(name) ? [] : [{ source: name, name, transform: { kind: "keep" } }];
    }),
    ...columns.filter(({ source }) => source === null || !names.has(source)),
  ];
}

function compileColumns(mapping: Mapping, base: TableDescription, maskKey: string | null): CompiledColumn[] {
  const types = new Map(base.columns.map(({ name, type }) => [name, type]));
  const taken = new Set<string>();
  return wantedColumns(mapping, base).map((mapped): CompiledColumn => {
    const sourceType = mapped.source === null ? null : (types.get(mapped.source) ?? null);
    const refusal = staticRefusal(mapped, sourceType, taken, maskKey);
    taken.add(mapped.name);
    return { mapped, sourceType, expression: transformSql(mapped, typeNameOf(base, mapped.source)), refusal };
  });
}

/** Without modifiers, and under a domain that of its base, which decides how a value becomes bytes. */
function typeNameOf(base: TableDescription, column: string | null): string {
  const { columns, types } = detailOf(base);
  let type = types.get(columns.get(column ?? "")?.typeOid ?? "");
  while (type?.domain) type = types.get(type.domain.baseOid);
  return type?.sqlName ?? "text";
}

/** What can be told without the server. */
function staticRefusal(
  { source, name, transform }: MappedColumn,
  sourceType: string | null,
  taken: ReadonlySet<string>,
  maskKey: string | null,
): AppError | null {
  const about = { column: name, side: "source" };
  if (source !== null && sourceType === null) {
    return new AppError("MAPPING_COLUMN_MISSING", { params: { ...about, source } });
  }
  if (taken.has(name)) return new AppError("MAPPING_NAME_TAKEN", { params: about });
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return new AppError("MAPPING_NAME_TOO_LONG", { params: { ...about, bytes: MAX_NAME_BYTES } });
  }
  if (transform.kind === "hmac" && maskKey === null) {
    return new AppError("MAPPING_KEY_MISSING", { params: about });
  }
  return null;
}

/** Somebody who misspells a column that is to stay at home must not see it travel. */
function missingExclusions({ exclude }: Mapping, base: TableDescription): AppError[] {
  const names = new Set(base.columns.map(({ name }) => name));
  return exclude
    .filter((name) => !names.has(name))
    .map((source) => new AppError("MAPPING_COLUMN_MISSING", { params: { source, side: "source" } }));
}

async function inspectColumns(
  session: PostgresSession,
  whole: PostgresRelation,
  columns: readonly CompiledColumn[],
): Promise<CompiledColumn[]> {
  const inspected: CompiledColumn[] = [];
  for (const column of columns) {
    const isKnown = column.refusal !== null || column.mapped.transform.kind === "keep";
    const refused = isKnown ? null : await refusalOf(session, relationOf(whole, [column], []));
    inspected.push(refused ? { ...column, refusal: columnRefusal(column, refused) } : column);
  }
  return inspected;
}

/** By the server's SQLSTATE: classes 22 and 42 speak of the expression, everything else of the server. */
function columnRefusal({ mapped, sourceType }: CompiledColumn, refused: AppError): AppError {
  const { name, transform } = mapped;
  if (!isOfStatement(refused)) return refused;
  const about = { column: name, side: "source" };
  if (transform.kind === "constant") {
    return new AppError("MAPPING_CONSTANT_INVALID", { params: { ...about, target: transform.type }, cause: refused });
  }
  const target = transform.kind === "cast" ? transform.type : "text";
  return new AppError("MAPPING_CAST_IMPOSSIBLE", {
    params: { ...about, type: sourceType ?? "text", target },
    cause: refused,
  });
}

async function inspectConditions(
  session: PostgresSession,
  whole: PostgresRelation,
  conditions: readonly { readonly column: string; readonly sql: string; readonly refusal: AppError | null }[],
): Promise<AppError[]> {
  const refusals: AppError[] = [];
  for (const { column, sql, refusal } of conditions) {
    if (refusal !== null) continue;
    const refused = await refusalOf(session, { ...whole, conditions: [...whole.conditions, sql] });
    if (!refused) continue;
    const isOfValue = sqlstateOf(refused).startsWith("22");
    const reason = isOfValue ? "a value is not of the column's type" : "the column's type has no such comparison";
    refusals.push(isOfStatement(refused) ? filterInvalid(column, reason) : refused);
  }
  return refusals;
}

/** Null where the server could read it. */
async function refusalOf(session: PostgresSession, relation: PostgresRelation): Promise<AppError | null> {
  try {
    await describeStatement(session, `select 1 from ${fromSql(relation, { condition: null })}`);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const sqlstateOf = ({ params }: AppError): string => String(params["sqlstate"] ?? "");

const isOfStatement = (error: AppError): boolean =>
  /^(?:22|42)/.test(sqlstateOf(error)) && sqlstateOf(error) !== "42501";
