import { debianServer, testServer } from "@millrace/db/testing";
import { Client, type QueryResultRow } from "pg";

/** A database of a test file's own, with a client that is a superuser there. */
export interface CopyDatabase extends AsyncDisposable {
  readonly url: string;
  /** The rows of one statement, or of the last of several. */
  query<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

async function openDatabase(url: string): Promise<CopyDatabase> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    url,
    query: async <Row extends QueryResultRow>(sql: string, values?: readonly unknown[]) => {
      const result = await client.query<Row>(sql, values && [...values]);
      return Array.isArray(result) ? ((result as { rows: Row[] }[]).at(-1)?.rows ?? []) : result.rows;
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/**
 * Two databases on two servers: of different major versions where a PostgreSQL 15 is installed, so that both ways of taking
 * a digest are met, else on the embedded server alone.
 */
export async function twoServers(): Promise<{ source: CopyDatabase; destination: CopyDatabase }> {
  const embedded = await testServer();
  const other = (await debianServer()) ?? embedded;
  return {
    source: await openDatabase(await other.createDatabase("copy_source")),
    destination: await openDatabase(await embedded.createDatabase("copy_destination")),
  };
}

/** Two databases of one server. */
export async function oneServer(): Promise<{ source: CopyDatabase; destination: CopyDatabase }> {
  const server = await testServer();
  return {
    source: await openDatabase(await server.createDatabase("copy_source")),
    destination: await openDatabase(await server.createDatabase("copy_destination")),
  };
}

/** The rows of a table that only one of the two has, as text, whatever their order; one that is there twice counts twice. */
export async function differingRows(source: CopyDatabase, destination: CopyDatabase, table: string): Promise<string[]> {
  const rows = await source.query<{ row: string }>(`select t::text as row from ${table} t`);
  const [found] = await destination.query<{ differing: string[] | null }>(
    `with theirs as (select unnest($1::text[]) as row), ours as (select t::text as row from ${table} t)
     select array_agg(row) as differing from (
       (select row from theirs except all select row from ours) union all
       (select row from ours except all select row from theirs)) as both_ways`,
    [rows.map(({ row }) => row)],
  );
  return found?.differing ?? [];
}
