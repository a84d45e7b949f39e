import { LINEITEM_COLUMNS, LINEITEM_ROWS } from "./lineitem.ts";

/** A table like TPC-H's own, with its primary key. */
export interface TpchTable {
  readonly name: string;
  readonly columns: string;
  readonly key: string;
  readonly rowCount: (scale: number) => number;
  /** As many rows as its one parameter says, the same on every server. */
  readonly rows: string;
}

/** Of row i, as of lineitem's, three numbers of multiplicative generators, and a text of up to 64 characters from each of two. */
const rowsOf = (fields: string) => `
  select ${fields}
  from (
    select i, a, b, c, md5(a::text) || md5(b::text) as text_a, md5(b::text) || md5(c::text) as text_b from (
      select i, i * 48271 % 2147483647 as a, i * 40692 % 2147483647 as b, i * 39373 % 2147483647 as c
      from generate_series(1::bigint, $1::bigint) as i) as numbers
  ) as generated`;

const PHONE = `concat_ws('-', 10 + a % 25, 100 + b % 900, 100 + c % 900, 1000 + a % 9000)`;
const MONEY = "(a % 1100000 - 100000) / 100.0";
const SEGMENT = `(array['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY'])[c % 5 + 1]`;
const PRIORITY = `(array['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])[c % 5 + 1]`;

const growing = (perScale: number) => (scale: number) => Math.round(perScale * scale);

export const TPCH_TABLES: readonly TpchTable[] = [
  {
    name: "region",
    columns: "r_regionkey integer not null, r_name char(25) not null, r_comment varchar(152)",
    key: "r_regionkey",
    rowCount: () => 5,
    rows: rowsOf("i - 1, 'REGION ' || i, text_a"),
  },
  {
    name: "nation",
    columns:
      "n_nationkey integer not null, n_name char(25) not null, n_regionkey integer not null, n_comment varchar(152)",
    key: "n_nationkey",
    rowCount: () => 25,
    rows: rowsOf("i - 1, 'NATION ' || i, i % 5, text_a"),
  },
  {
    name: "supplier",
    columns: `s_suppkey integer not null, s_name char(25) not null, s_address varchar(40) not null, s_nationkey integer not null,
      s_phone char(15) not null, s_acctbal numeric(15,2) not null, s_comment varchar(101) not null`,
    key: "s_suppkey",
    rowCount: growing(10_000),
    rows: rowsOf(
      `i, 'Supplier#' || lpad(i::text, 9, '0'), left(text_b, 10 + (a % 30)::integer), a % 25, ${PHONE}, ${MONEY}, text_a`,
    ),
  },
  {
    name: "customer",
    columns: `c_custkey integer not null, c_name varchar(25) not null, c_address varchar(40) not null, c_nationkey integer not null,
      c_phone char(15) not null, c_acctbal numeric(15,2) not null, c_mktsegment char(10) not null, c_comment varchar(117) not null`,
    key: "c_custkey",
    rowCount: growing(150_000),
    rows: rowsOf(
      `i, 'Customer#' || lpad(i::text, 9, '0'), left(text_b, 10 + (a % 30)::integer), a % 25, ${PHONE}, ${MONEY}, ${SEGMENT}, text_a`,
    ),
  },
  {
    name: "part",
    columns: `p_partkey integer not null, p_name varchar(55) not null, p_mfgr char(25) not null, p_brand char(10) not null,
      p_type varchar(25) not null, p_size integer not null, p_container char(10) not null, p_retailprice numeric(15,2) not null,
      p_comment varchar(23) not null`,
    key: "p_partkey",
    rowCount: growing(200_000),
    rows: rowsOf(
      `i, left(text_a, 32), 'Manufacturer#' || a % 5 + 1, 'Brand#' || b % 55 + 1, left(text_b, 20), c % 50 + 1,
       'JUMBO PKG', 900 + a % 110000 / 100.0, left(text_b, 5 + (c % 18)::integer)`,
    ),
  },
  {
    name: "partsupp",
    columns: `ps_partkey integer not null, ps_suppkey integer not null, ps_availqty integer not null,
      ps_supplycost numeric(15,2) not null, ps_comment varchar(199) not null`,
    key: "ps_partkey, ps_suppkey",
    rowCount: growing(800_000),
    rows: rowsOf(
      "(i - 1) / 4 + 1, (i - 1) % 4 * 2500 + a % 2500 + 1, b % 9999 + 1, c % 100000 / 100.0, text_a || text_b",
    ),
  },
  {
    name: "orders",
    columns: `o_orderkey bigint not null, o_custkey integer not null, o_orderstatus char(1) not null,
      o_totalprice numeric(15,2) not null, o_orderdate date not null, o_orderpriority char(15) not null,
      o_clerk char(15) not null, o_shippriority integer not null, o_comment varchar(79) not null`,
    key: "o_orderkey",
    rowCount: growing(1_500_000),
    rows: rowsOf(
      `i, a % 150000 + 1, (array['F', 'O', 'P'])[b % 3 + 1], 1000 + a % 50000000 / 100.0, date '1992-01-01' + (c % 2406)::integer,
       ${PRIORITY}, 'Clerk#' || lpad((b % 1000)::text, 9, '0'), 0, left(text_a, 19 + (c % 45)::integer)`,
    ),
  },
  {
    name: "lineitem",
    columns: LINEITEM_COLUMNS,
    key: "l_orderkey, l_linenumber",
    rowCount: growing(6_000_000),
    rows: LINEITEM_ROWS,
  },
];
