import type { Pool, PoolClient } from "pg";

/**
 * Takes a client out of the pool as soon as its connection is gone, also while somebody holds it, and hears every error, since
 * one that nobody hears ends the process.
 *
 * Kysely 0.29 keeps the client of a controlled transaction when `begin`, `commit` or `rollback` throws, as they do on a lost
 * connection, and the ORM's transactions are such. Ten lost connections would have used up a pool for good. This can go
 * once `ControlledTransaction` releases its connection in a `finally`.
 */
export function dropBrokenClients(pool: Pool, onError: (error: unknown) => void): void {
  const held = new Set<PoolClient>();
  pool.on("error", onError);
  pool.on("acquire", (client) => held.add(client));
  pool.on("release", (_error, client) => held.delete(client));
  pool.on("connect", (client) => {
    client.on("error", onError);
    client.once("end", () => {
      if (!held.has(client)) return;
      client.release(true);
      // Whoever holds it may still give it back.
      client.release = () => {};
    });
  });
}
