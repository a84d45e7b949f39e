import type { TestServer } from "@millrace/db/testing";
import type { Side } from "@millrace/engine";
import { formatTableName, type TableName } from "@millrace/shared";
import pg from "pg";
import {
  type Harness,
  type PortableRow,
  type PortableTable,
  type PortableType,
  SECRET,
} from "../../conformance/harness.ts";
import { postgresConnector } from "../postgres-connector.ts";
import { createCorpusTypes, TYPE_CORPUS } from "./type-corpus.ts";
import { connect } from "./two-ends.ts";

const TYPES: Readonly<Record<PortableType, string>> = {
  integer: "bigint",
  decimal: "numeric",
  text: "text",
  timestamp: "timestamp",
};

const quote = pg.escapeIdentifier;
const quoteTable = ({ schema, name }: TableName): string => `${quote(schema)}.${quote(name)}`;
const listed = (names: readonly string[]): string => names.map(quote).join(", ");

/** What the connector has open in the database of the session that asks. */
const DISCONNECT = `
  select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;

/** Two databases of one server. `major` has to be known before there is a server, since cases have names. */
export function postgresHarness(major: number, server: Promise<TestServer | null>): Harness {
  const corpus = TYPE_CORPUS.filter(({ since = 0 }) => major >= since);
  const clients: Partial<Record<Side, Promise<{ readonly url: string; readonly client: pg.Client }>>> = {};

  async function make(side: Side) {
    const found = await server;
    if (!found) throw new ReferenceError(`there is no PostgreSQL ${major}`);
    const url = await found.createDatabase(`conformance_${side}`);
    const client = await connect(url);
    if (side === "source") await createCorpusTypes(client);
    return { url, client };
  }
  const end = (side: Side) => (clients[side] ??= make(side));
  const query = async <Row extends pg.QueryResultRow>(side: Side, sql: string, values: readonly unknown[] = []) => {
    const { client } = await end(side);
    return (await client.query<Row>(sql, [...values])).rows;
  };

  return {
    title: `PostgreSQL ${major}`,
    connector: postgresConnector,
    unreadableUrl: `postgres://user:${SECRET}@host:port/database`,
    url: async () => (await end("source")).url,
    open: async (side, signal = AbortSignal.timeout(60_000)) => {
      const { url } = await end(side);
      return postgresConnector.open(postgresConnector.parseUrl(url), { side, signal });
    },
    create: async (side, { name, columns, primaryKey, rows }) => {
      const definitions = [
        ...columns.map(
          (column) => `${quote(column.name)} ${TYPES[column.type]}${column.isNullable ? "" : " not null"}`,
        ),
        ...(primaryKey.length > 0 ? [`primary key (${listed(primaryKey)})`] : []),
      ];
      await query(side, `create schema if not exists ${quote(name.schema)}`);
      await query(side, `drop table if exists ${quoteTable(name)}`);
      await query(side, `create table ${quoteTable(name)} (${definitions.join(", ")})`);
      await insert(side, { name, columns }, rows);
    },
    insert,
    multiply: async (side, table, times) => {
      const name = quoteTable(table);
      await query(side, `insert into ${name} select own.* from ${name} own, generate_series(2, ${times})`);
    },
    remove: async (side, table, id) =>
      void (await query(side, `delete from ${quoteTable(table)} where id::text = $1`, [id])),
    rows: async (side, table, columns) => {
      const [found] = await query<{ oid: string | null }>(side, "select to_regclass($1) as oid", [quoteTable(table)]);
      if (found?.oid == null) return null;
      const list = columns.map((column, at) => `${quote(column)}::text as c${at}`).join(", ");
      const rows = await query<Record<string, string | null>>(side, `select ${list} from ${quoteTable(table)}`);
      return rows.map((row) => columns.map((_column, at) => row[`c${at}`] ?? null));
    },
    tables: async (side) => {
      const rows = await query<{ schema: string; name: string }>(
        side,
        `select schemaname as schema, tablename as name from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema', '_millrace')`,
      );
      return rows.map(formatTableName);
    },
    disconnect: async (side) => void (await query(side, DISCONNECT)),
    types: corpus.map(({ title }) => title),
    createTypes: async (table, types) => {
      const chosen = corpus.filter(({ title }) => types.includes(title));
      const count = Math.max(...chosen.map(({ literals }) => literals.length)) + 1;
      const definitions = chosen.map(({ title, type }) => `${quote(title)} ${type}`);
      const rows = Array.from({ length: count }, (_row, index) => {
        const values = chosen.map(({ type, literals }) => `(${literals[index] ?? "null"})::${type}`);
        return `(${[String(index), ...values].join(", ")})`;
      });
      await query("source", `drop table if exists ${quoteTable(table)}`);
      await query("source", `create table ${quoteTable(table)} (${["id int primary key", ...definitions].join(", ")})`);
      await query("source", `insert into ${quoteTable(table)} values ${rows.join(", ")}`);
    },
    close: async () => {
      for (const opened of Object.values(clients)) await (await opened).client.end();
    },
  };

  async function insert(
    side: Side,
    { name, columns }: Pick<PortableTable, "name" | "columns">,
    rows: readonly PortableRow[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const arrays = columns.map((column, at) => `$${at + 1}::text[]`);
    const casts = columns.map((column, at) => `c${at}::${TYPES[column.type]}`);
    const names = columns.map((_column, at) => `c${at}`);
    await query(
      side,
      `insert into ${quoteTable(name)} (${listed(columns.map((column) => column.name))})
       select ${casts.join(", ")} from unnest(${arrays.join(", ")}) as t(${names.join(", ")})`,
      columns.map((_column, at) => rows.map((row) => row[at] ?? null)),
    );
  }
}
