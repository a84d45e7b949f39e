import { getMigrations } from "better-auth/db/migration";
import type { Pool } from "pg";
import type { Auth } from "./auth.ts";

/** Any number that nobody else locks by; taken from the ASCII of "auth". */
export const ACCOUNTS_LOCK = 0x61757468;

/**
 * Brings schema `auth` up to date. Processes that start at once wait for each other. The pool needs two connections: one
 * holds the lock.
 */
export async function migrateAccounts(pool: Pool, auth: Auth): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [ACCOUNTS_LOCK]);
    await client.query("create schema if not exists auth");
    const { runMigrations } = await getMigrations(auth.options);
    await runMigrations();
  } finally {
    // Destroyed rather than handed back: whatever happened above, the lock goes with the connection.
    client.release(true);
  }
}
