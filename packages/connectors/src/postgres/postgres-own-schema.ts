import type { PostgresSession } from "./postgres-session.ts";

/**
 * Makes tables of schema `_millrace`, and the schema, where they are not there yet; whether they are is told by `table`, the last of
 * them. Outside of any transaction, so that two first runs do not collide.
 */
export async function ensureTables(
  session: PostgresSession,
  table: string,
  creations: readonly string[],
): Promise<void> {
  for (const isLastTry of [false, true]) {
    if (await isTableThere(session, table)) return;
    try {
      // `if not exists` asks for the right to make schemas even where there is nothing to make.
      const [schema] = await session.query<{ exists: boolean }>(
        "select to_regnamespace('_millrace') is not null as exists",
      );
      if (!schema?.exists) await session.query("create schema if not exists _millrace");
      for (const sql of creations) await session.query(sql);
      return;
    } catch (error) {
      // `if not exists` still collides with one that is being made at the same instant; the next look finds it.
      if (isLastTry) throw session.toError(error, "schema _millrace");
    }
  }
}

export async function isTableThere(session: PostgresSession, table: string): Promise<boolean> {
  const [found] = await session.query<{ table: string | null }>("select to_regclass($1)::text as table", [
    `_millrace.${table}`,
  ]);
  return found?.table != null;
}
