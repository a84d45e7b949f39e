import type { ColumnDescription, TableDescription } from "@millrace/engine";
import { detailOf, describeTypes, type PostgresColumn, type PostgresTable } from "./postgres-catalog.ts";
import { describeStatement, estimateRows } from "./postgres-describe.ts";
import { fromSql, type PostgresRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { announcedType, type CompiledColumn } from "./postgres-transform.ts";

/** `character varying`: what is announced with a length travels as text. The oid is the same on every server. */
const VARCHAR_OID = "1043";

/**
 * The base as it looks under the mapping, so that the plan sees a table like any other. What is kept keeps all that the catalog
 * says of it; what is computed has the type that the server gives it. The primary key stays where each of its columns is kept,
 * and an index where all that it speaks of is kept under its own name.
 */
export async function mappedDescription(
  session: PostgresSession,
  base: TableDescription,
  relation: PostgresRelation,
  columns: readonly CompiledColumn[],
): Promise<TableDescription> {
  const from = fromSql(relation, { condition: null });
  const described = columns.length === 0 ? [] : ((await describeStatement(session, `select * from ${from}`)) ?? []);
  const typed = [...described, { typeOid: VARCHAR_OID, modifier: -1 }];
  const { types, spellings } = await describeTypes(session, typed);
  const detail = detailOf(base);
  const kept = new Map(
    columns.flatMap(({ mapped }) =>
      mapped.transform.kind === "keep" && mapped.source !== null ? [[mapped.source, mapped.name]] : [],
    ),
  );
  const mapped = columns.map((column, index) => {
    const typeOid = described[index]?.typeOid ?? "";
    return mapColumn(base, column, { typeOid, type: spellings[index] ?? "" });
  });
  const mappedDetail: PostgresTable = {
    ...detail,
    types: new Map([...detail.types, ...types]),
    columns: new Map(mapped.map(({ description, column }) => [description.name, column])),
    indexes: detail.indexes.filter((index) => index.columns.every((name) => kept.get(name) === name)),
    uniqueKeys: detail.uniqueKeys.flatMap((columns) => {
      const names = columns.flatMap((name) => kept.get(name) ?? []);
      return names.length === columns.length ? [names] : [];
    }),
    readAs: JSON.stringify(relation),
  };
  const key = base.primaryKey.map((name) => kept.get(name));
  return {
    ...base,
    estimatedRows:
      relation.conditions.length > 0 || "query" in relation.base
        ? await estimateRows(session, relation)
        : base.estimatedRows,
    columns: mapped.map(({ description }) => description),
    primaryKey: key.every((name) => name !== undefined) ? key : [],
    detail: mappedDetail,
  };
}

function mapColumn(
  base: TableDescription,
  { mapped: { source, name, transform } }: CompiledColumn,
  computed: { readonly typeOid: string; readonly type: string },
): { readonly description: ColumnDescription; readonly column: PostgresColumn } {
  const own = base.columns.find((column) => column.name === source);
  const ownDetail = detailOf(base).columns.get(source ?? "");
  if (transform.kind === "keep" && own && ownDetail) {
    return { description: { ...own, name }, column: ownDetail };
  }
  const announced = announcedType(transform);
  const isNullable = transform.kind === "constant" ? transform.value === null : (own?.isNullable ?? true);
  return {
    description: { name, type: announced ?? computed.type, isNullable, isGenerated: false, hasDefault: false },
    column: {
      typeOid: announced === null ? computed.typeOid : VARCHAR_OID,
      identity: "",
      // A text that is made of another one keeps its collation, by which it is hashed.
      isDeterministic: ownDetail?.isDeterministic ?? true,
      collation: null,
    },
  };
}
