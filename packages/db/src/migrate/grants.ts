import { type Client, escapeIdentifier } from "pg";
import { APPEND_ONLY_TABLES, TENANT_TABLES } from "../entities/index.ts";
import { APP_ROLE, WORKER_ROLE } from "../entities/tenancy.ts";

/** What a job's insertion touches, and no more: nobody but the owner takes jobs or reads what others put in. */
const QUEUE_GRANTS = (role: string) => [
  `grant usage on schema pgboss to ${role}`,
  `grant select on pgboss.queue to ${role}`,
  `grant insert on pgboss.job, pgboss.job_common to ${role}`,
  `grant select (id, start_after) on pgboss.job, pgboss.job_common to ${role}`,
];

/** Gives the two roles exactly what they need. The same after any number of calls. */
export async function grantPrivileges(client: Client): Promise<void> {
  const tables = TENANT_TABLES.map(escapeIdentifier).join(", ");
  const appendOnly = APPEND_ONLY_TABLES.map(escapeIdentifier).join(", ");
  for (const statement of [
    `grant usage on schema public, millrace to ${APP_ROLE}`,
    `grant select, insert, update, delete on ${tables} to ${APP_ROLE}`,
    `grant select, insert on ${appendOnly} to ${APP_ROLE}`,
    `revoke all on all functions in schema millrace from public`,
    `grant execute on function millrace.run_log_tail(uuid) to ${APP_ROLE}`,
    `grant usage on schema millrace to ${WORKER_ROLE}`,
    `grant execute on function
       millrace.claim_run(uuid, text, interval),
       millrace.heartbeat_runs(uuid[], bigint[], text, interval),
       millrace.release_runs(uuid[], bigint[], text),
       millrace.sweep_runs(int, jsonb, text, int),
       millrace.due_schedules(int),
       millrace.fire_schedules(uuid[], timestamptz[], timestamptz[], uuid[]),
       millrace.worker_seen(text, int, int),
       millrace.worker_left(text),
       millrace.workers_up(interval)
     to ${WORKER_ROLE}`,
    ...QUEUE_GRANTS(APP_ROLE),
    ...QUEUE_GRANTS(WORKER_ROLE),
  ]) {
    await client.query(statement);
  }
}
