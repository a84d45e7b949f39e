import { Client } from "pg";
import type { BenchTarget, Contender } from "./contenders/contender.ts";

/** The columns of TPC-H's lineitem, without its key. */
export const LINEITEM_COLUMNS = `
  l_orderkey bigint not null, l_partkey integer not null, l_suppkey integer not null, l_linenumber integer not null,
  l_quantity numeric(15,2) not null, l_extendedprice numeric(15,2) not null,
  l_discount numeric(15,2) not null, l_tax numeric(15,2) not null,
  l_returnflag char(1) not null, l_linestatus char(1) not null,
  l_shipdate date not null, l_commitdate date not null, l_receiptdate date not null,
  l_shipinstruct char(25) not null, l_shipmode char(10) not null, l_comment varchar(44) not null`;

/**
 * Row i comes from three multiplicative generators over 2^31 - 1 (Park and Miller 1988, and L'Ecuyer's multipliers of 1988 and
 * 1999), so any number of rows is the same on every server and machine.
 */
export const LINEITEM_ROWS = `
  select (i - 1) / 4 + 1, a % 200000 + 1, b % 10000 + 1, (i - 1) % 4 + 1,
    c % 50 + 1, 900 + a % 10400000 / 100.0, b % 11 / 100.0, c % 9 / 100.0,
    (array['A', 'N', 'R'])[a % 3 + 1], (array['F', 'O'])[b % 2 + 1],
    date '1992-01-02' + (c % 2526)::integer, date '1992-01-31' + (a % 2465)::integer, date '1992-01-04' + (b % 2553)::integer,
    (array['COLLECT COD', 'DELIVER IN PERSON', 'NONE', 'TAKE BACK RETURN'])[c % 4 + 1],
    (array['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK'])[a % 7 + 1],
    left(concat_ws(' ', words[b % 8 + 1], words[c % 8 + 1], md5(a::text), words[a % 8 + 1]), 10 + (c / 7 % 34)::integer)
  from (
    select i, i * 48271 % 2147483647 as a, i * 40692 % 2147483647 as b, i * 39373 % 2147483647 as c,
      array['quickly', 'furiously', 'slyly', 'carefully', 'blithely', 'ironic', 'final', 'pending'] as words
    from generate_series(1::bigint, $1::bigint) as i
  ) as generated`;

export const LINEITEM = "millrace_bench.lineitem";

/** Without its key, since what is measured is rows and not the building of an index. Fills `millrace_bench.lineitem` at the source, unless a table of this many rows is there from an earlier bench. */
export async function ensureLineitem({ from, rowCount }: Pick<BenchTarget, "from" | "rowCount">): Promise<void> {
  // The comment is set last and in the same transaction, so it is there only with all of the rows.
  const label = `millrace bench 1, ${rowCount} rows`;
  await withClient(from, async (client) => {
    const found = await client.query("select obj_description(to_regclass('millrace_bench.lineitem')) as label");
    if (found.rows[0]?.label === label) return;
    await client.query("begin");
    await client.query("create schema if not exists millrace_bench");
    await client.query("drop table if exists millrace_bench.lineitem");
    await client.query(`create table millrace_bench.lineitem (${LINEITEM_COLUMNS})`);
    await client.query(`insert into millrace_bench.lineitem ${LINEITEM_ROWS}`, [rowCount]);
    await client.query(`comment on table millrace_bench.lineitem is '${label}'`);
    await client.query("commit");
    // Hint bits and statistics are written now, and not by whoever reads first.
    await client.query("vacuum analyze millrace_bench.lineitem");
  });
}

/** Before each contender: nothing of the one before is left, and its dirty pages are on disk. */
export async function prepareDestination({ to }: BenchTarget, startsFrom: Contender["startsFrom"]): Promise<void> {
  await withClient(to, async (client) => {
    await client.query("drop schema if exists millrace_bench cascade");
    if (startsFrom === "empty-table") {
      await client.query("create schema millrace_bench");
      await client.query(`create table millrace_bench.lineitem (${LINEITEM_COLUMNS})`);
    }
    await client.query("checkpoint");
  });
}

export async function countArrived({ to }: BenchTarget): Promise<number> {
  return withClient(to, async (client) => {
    const { rows } = await client.query("select count(*)::float8 as count from millrace_bench.lineitem");
    return rows[0]?.count as number;
  });
}

async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, application_name: "millrace bench" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
