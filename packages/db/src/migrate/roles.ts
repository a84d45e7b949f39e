import { AppError } from "@millrace/shared";
import { type Client, escapeIdentifier } from "pg";
import { APP_ROLE, WORKER_ROLE } from "../entities/tenancy.ts";

const ROLES = [APP_ROLE, WORKER_ROLE];
/** Roles belong to the whole server, so two databases that migrate at once meet here; the second finds the work done. */
const ATTEMPTS = 5;
const CONCURRENT = new Set(["23505", "42710", "XX000"]);
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Makes the two roles that requests and claims run under and lets the owner switch to them. Throws `CONFIGURATION_INVALID`
 * with the SQL to run when the role of `DATABASE_URL` may not.
 */
export async function ensureRoles(client: Client): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      for (const role of ROLES) await ensureRole(client, role);
      return;
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      if (code === INSUFFICIENT_PRIVILEGE) throw await needsAnAdministrator(client, error);
      if (!CONCURRENT.has(code) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function ensureRole(client: Client, role: string): Promise<void> {
  const exists = await client.query("select from pg_roles where rolname = $1", [role]);
  if (exists.rowCount === 0) await client.query(`create role ${role} nologin`);
  // From version 16 on, whoever makes a role is its administrator but may not yet switch to it.
  const maySwitch = await client.query<{ ok: boolean }>(
    `select pg_has_role(current_user, $1,
       case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) as ok`,
    [role],
  );
  if (maySwitch.rows[0]?.ok) return;
  await client.query(`grant ${role} to current_user`);
}

async function needsAnAdministrator(client: Client, cause: unknown): Promise<AppError> {
  const { rows } = await client.query<{ missing: string[]; owner: string }>(
    `select current_user as owner,
       array(select r from unnest($1::text[]) r where not exists (select from pg_roles where rolname = r)) as missing`,
    [ROLES],
  );
  const { missing = [], owner = "" } = rows[0] ?? {};
  const statements = [
    ...missing.map((role) => `create role ${role} nologin;`),
    `grant ${ROLES.join(", ")} to ${escapeIdentifier(owner)};`,
  ];
  return new AppError("CONFIGURATION_INVALID", {
    params: { issues: `the role of DATABASE_URL may not make roles; as a superuser run: ${statements.join(" ")}` },
    cause,
  });
}
