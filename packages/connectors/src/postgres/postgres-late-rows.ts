import type { LateQuarantine, LateRow, TablePlan } from "@millrace/engine";
import type { AppError, Digest } from "@millrace/shared";
import { refusedFor } from "./postgres-errors.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { readNotes, rowNotesSql } from "./postgres-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/**
 * Rows that a key or a foreign key of a replaced table refuses when it is built over all of them. The table that is being
 * replaced still has that key, so the catalog tells what it is made of.
 */

/** What rows are at fault: a condition or a numbering over the loaded table, under the name `s`. */
interface Fault {
  readonly rows: string;
  readonly columns: string;
}

/** Makes `statement` go through by taking the rows at fault out. Resolves to their digests. */
export async function setAsideFor(
  session: PostgresSession,
  plan: TablePlan,
  structure: StructurePlan,
  error: AppError,
  late: LateQuarantine,
): Promise<readonly (Digest | null)[]> {
  const refused = refusedFor(error);
  const fault = refused?.constraint == null ? null : await faultOf(session, plan, structure, refused);
  if (!refused || !fault) throw error;
  const refusal = { error, sqlstate: refused.sqlstate, column: fault.columns };
  const digests: (Digest | null)[] = [];
  for await (const rows of takeOut(session, plan, structure, fault, late.room + 1)) {
    await late.keep(rows.map((row): LateRow => ({ ...row, refusal })));
    digests.push(...rows.map(({ digest }) => digest));
  }
  if (digests.length === 0) throw error;
  return digests;
}

async function faultOf(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable, realNames }: StructurePlan,
  { sqlstate, constraint }: { readonly sqlstate: string; readonly constraint: string | null },
): Promise<Fault | null> {
  const name = realNames.get(constraint ?? "") ?? constraint ?? "";
  const table = quoteTable(plan.destinationTable);
  if (sqlstate === "23505") return duplicates(session, plan, table, name, loadTable);
  return sqlstate === "23503" ? orphans(session, table, name, loadTable) : null;
}

const UNIQUE_INDEX = `
select (select json_agg(pg_get_indexdef(i.indexrelid, n, true) order by n)::text from generate_series(1, i.indnkeyatts::int) n) as keys,
       (select string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' order by n) from generate_series(1, i.indnkeyatts::int) n) as columns,
       pg_get_expr(i.indpred, i.indrelid) as predicate,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) as has_equal_nulls
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indisunique and i.indrelid = to_regclass($1) and c.relname = $2`;

/**
 * Of rows with equal keys the one stays whose text comes first, byte by byte in the order of the columns: the same one
 * whatever the order in which chunks arrived.
 */
async function duplicates(
  session: PostgresSession,
  { columns }: TablePlan,
  table: string,
  index: string,
  loadTable: StructurePlan["loadTable"],
): Promise<Fault | null> {
  const [found] = await session.query<{
    keys: string;
    columns: string;
    predicate: string | null;
    has_equal_nulls: boolean;
  }>(UNIQUE_INDEX, [table, index]);
  if (!found) return null;
  const keys = JSON.parse(found.keys) as string[];
  const conditions = [
    ...(found.has_equal_nulls ? [] : keys.map((key) => `(${key}) is not null`)),
    ...(found.predicate === null ? [] : [`(${found.predicate})`]),
  ];
  const order = `row(${columns.map(({ name }) => quoteIdentifier(name)).join(", ")})::text collate "C", ctid`;
  const numbered = `select ctid as at, row_number() over (partition by ${keys.join(", ")} order by ${order}) as number
    from ${quoteTable(loadTable)}${conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`}`;
  return { rows: `select at from (${numbered}) as numbered where number > 1`, columns: found.columns };
}

const FOREIGN_KEY = `
select (select json_agg(a.attname order by k.n)::text from unnest(f.conkey) with ordinality k(number, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number) as columns,
       (select json_agg(a.attname order by k.n)::text from unnest(f.confkey) with ordinality k(number, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number) as referred,
       f.confrelid = f.conrelid as is_to_itself, f.confrelid::regclass::text as table, f.confmatchtype = 'f' as is_full
from pg_catalog.pg_constraint f where f.contype = 'f' and f.conrelid = to_regclass($1) and f.conname = $2`;

async function orphans(
  session: PostgresSession,
  table: string,
  name: string,
  loadTable: StructurePlan["loadTable"],
): Promise<Fault | null> {
  const [found] = await session.query<{
    columns: string;
    referred: string;
    is_to_itself: boolean;
    table: string;
    is_full: boolean;
  }>(FOREIGN_KEY, [table, name]);
  if (!found) return null;
  const columns = JSON.parse(found.columns) as string[];
  const own = columns.map((column) => `s.${quoteIdentifier(column)}`);
  const isAsked = own.map((column) => `${column} is not null`).join(found.is_full ? " or " : " and ");
  const isMet = (JSON.parse(found.referred) as string[])
    .map((column, at) => `r.${quoteIdentifier(column)} = ${own[at]}`)
    .join(" and ");
  const referred = found.is_to_itself ? quoteTable(loadTable) : found.table;
  return {
    rows: `select s.ctid as at from ${quoteTable(loadTable)} s
           where (${isAsked}) and not exists (select from ${referred} r where ${isMet})`,
    columns: columns.join(", "),
  };
}

/** So many rows at the most are in memory at once: of 256 KB each, since larger ones are kept without their values. */
const ROWS_AT_ONCE = 200;

/** Deletes the rows at fault, up to `limit`, and gives them in batches. They are looked for once, which takes a sort or a join of the whole table. */
async function* takeOut(
  session: PostgresSession,
  { columns, digestMethod }: TablePlan,
  { loadTable }: StructurePlan,
  fault: Fault,
  limit: number,
): AsyncGenerator<readonly Omit<LateRow, "refusal">[]> {
  const values = columns.map(({ name, hashedAs }) => ({ value: `t.${quoteIdentifier(name)}`, hashedAs }));
  const notesSql = rowNotesSql(digestMethod, values);
  // In the order of their pages; without an order the planner would take a cursor for a reason to search row by row.
  await session.query(
    `declare ${CURSOR} no scroll cursor for select at from (${fault.rows}) as fault order by at limit ${limit}`,
  );
  for (;;) {
    const found = await session.query<{ at: string }>(`fetch ${ROWS_AT_ONCE} from ${CURSOR}`);
    if (found.length === 0) break;
    const rows = await session.query<{ notes: string }>(
      `delete from ${quoteTable(loadTable)} t where t.ctid = any($1::tid[]) returning ${notesSql} as notes`,
      [found.map(({ at }) => at)],
    );
    yield rows.map(({ notes }) => readNotes(notes));
  }
  await session.query(`close ${CURSOR}`);
}

const CURSOR = "millrace_rows_at_fault";
