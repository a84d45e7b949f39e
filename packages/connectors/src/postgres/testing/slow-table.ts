import type pg from "pg";

/** A view `slow` of a million rows that takes minutes to read: whatever happens during its copy happens in the middle. */
export const SLOW_VIEW = `
  create view slow as select i as id, case when i % 1000 = 0 then pg_sleep(0.2) is null end as pause, repeat('x', 100) as filler
  from generate_series(1, 1000000) i`;

/** Resolves to the first row once the query has one. The test's own time limit ends the wait. */
export async function untilRow(client: pg.Client, sql: string): Promise<Record<string, string>> {
  for (;;) {
    const { rows } = await client.query<Record<string, string>>(sql);
    if (rows[0]) return rows[0];
  }
}

/** The session that copies in the client's database. */
export const COPYING = `
  select pid from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like 'copy%'`;
