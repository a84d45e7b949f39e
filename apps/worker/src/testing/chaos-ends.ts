import { Client } from "pg";

/** A database that dies now and then. */
export interface ChaosEnd {
  /** Of a superuser. */
  readonly url: string;
  /** Kills the server as a crash of its machine would and starts it again; absent where it belongs to others as well. */
  readonly crash?: () => Promise<void>;
}

const RETRY_MS = 100;
const SPECTATOR = "a spectator of the chaos";

/** One statement over a connection of its own, tried until the server is there. */
export async function ask<Row extends object>({ url }: Pick<ChaosEnd, "url">, sql: string): Promise<Row[]> {
  for (let triesLeft = 300; ; triesLeft--) {
    const client = new Client({ connectionString: url, application_name: SPECTATOR });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.query<Row>(sql)).rows;
    } catch (error) {
      const isAway = !(error instanceof Error && "code" in error) || /^(?:57P|08|E[A-Z]+$)/.test(String(error.code));
      if (!isAway || triesLeft === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Millrace's sessions in the database. */
export async function backendsOf(end: ChaosEnd): Promise<number[]> {
  const rows = await ask<{ pid: number }>(
    end,
    `select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
     and application_name like 'millrace%' order by pid`,
  );
  return rows.map(({ pid }) => pid);
}

/** False when there was none any more. */
export async function killBackend(end: ChaosEnd, pick: number): Promise<boolean> {
  const pids = await backendsOf(end);
  const pid = pids[Math.floor(pick * pids.length)];
  if (pid === undefined) return false;
  const [row] = await ask<{ killed: boolean }>(end, `select pg_terminate_backend(${pid}) as killed`);
  return row?.killed === true;
}

/**
 * How often each row of the source's table is at the destination, as `times: rows`; rows that the source lacks are `strange`.
 * All in text, so that nothing is equal by rounding.
 */
export async function compare(
  source: ChaosEnd,
  destination: ChaosEnd,
  sourceTable: string,
  destinationTable: string,
): Promise<Record<string, number>> {
  const sql = (table: string) => `select t::text as row, count(*)::int as times from ${table} t group by 1`;
  const [there, arrived] = await Promise.all([
    ask<{ row: string; times: number }>(source, sql(sourceTable)),
    ask<{ row: string; times: number }>(destination, sql(destinationTable)),
  ]);
  const times = new Map(arrived.map((row) => [row.row, row.times]));
  const counts: Record<string, number> = {};
  const count = (key: string) => (counts[key] = (counts[key] ?? 0) + 1);
  for (const { row } of there) {
    count(String(times.get(row) ?? 0));
    times.delete(row);
  }
  for (const _ of times) count("strange");
  return counts;
}
