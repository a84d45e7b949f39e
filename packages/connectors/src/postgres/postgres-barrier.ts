import { setTimeout as delay } from "node:timers/promises";
import type { PostgresSession } from "./postgres-session.ts";

/**
 * What keeps rows from being missed that are committed late: a transaction that was open when the greatest cursor was looked up
 * may still commit a row with a lesser one. So a run waits until all those have ended. A transaction is seen by the lock on its
 * virtual id, which each holds from its beginning to its end, whether it has written yet or not, and which everybody may see.
 */

const POLL_INTERVAL_MS = 100;

/** What is still open when the patience is over. */
export interface OpenTransactions {
  readonly count: number;
  /** When the oldest of them began, as text; null where that may not be known of all. */
  readonly since: string | null;
}

/** Of this database, other than those that only copy out of it, and what was prepared and not yet committed. */
const OPEN = `
select 'v' || l.virtualxid as id, a.xact_start::text as since
from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'virtualxid' and l.granted and l.mode = 'ExclusiveLock' and l.pid <> pg_catalog.pg_backend_pid()
  and a.datname = pg_catalog.current_database() and a.usesysid is not null and a.application_name <> '${readerName()}'
union all
select 'p' || transaction::text, null from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database()`;

interface OpenRow extends Record<string, unknown> {
  readonly id: string;
  readonly since: string | null;
}

/** The name of sessions that read and never write, so that runs do not wait for each other. */
export function readerName(): string {
  return "millrace reads";
}

/**
 * Waits until every transaction has ended that is open now, for at most `timeoutMs`; resolves to those that have not, or to
 * null. Outside of any transaction. Ends early when the signal aborts.
 */
export async function waitForOpenTransactions(
  session: PostgresSession,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<OpenTransactions | null> {
  const giveUpAt = performance.now() + timeoutMs;
  let waitedFor = await session.query<OpenRow>(OPEN);
  while (waitedFor.length > 0 && performance.now() < giveUpAt && !signal.aborted) {
    await delay(POLL_INTERVAL_MS, undefined, { signal }).catch(() => {});
    const open = new Set((await session.query<OpenRow>(OPEN)).map(({ id }) => id));
    waitedFor = waitedFor.filter(({ id }) => open.has(id));
  }
  if (waitedFor.length === 0) return null;
  const known = waitedFor.flatMap(({ since }) => since ?? []).toSorted();
  return { count: waitedFor.length, since: known.length === waitedFor.length ? (known[0] ?? null) : null };
}

/**
 * The same on a standby, where the primary's transactions have no locks: until everything is replayed that had begun to write.
 * Resolves to whether that was so in time.
 */
export async function waitForReplay(
  session: PostgresSession,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<OpenTransactions | null> {
  const giveUpAt = performance.now() + timeoutMs;
  const [now] = await session.query<{ xmax: string }>("select pg_snapshot_xmax(pg_current_snapshot())::text as xmax");
  const target = BigInt(now?.xmax ?? 0);
  for (;;) {
    const [row] = await session.query<{ xmin: string }>("select pg_snapshot_xmin(pg_current_snapshot())::text as xmin");
    if (BigInt(row?.xmin ?? 0) >= target) return null;
    if (performance.now() >= giveUpAt || signal.aborted) return { count: 1, since: null };
    await delay(POLL_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}
