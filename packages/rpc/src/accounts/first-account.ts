import { AppError, newId, type SetUpInput } from "@millrace/shared";
import { createHash, randomBytes } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import type { FirstAccount } from "./accounts.ts";
import { ACCOUNTS_LOCK } from "./migrate-accounts.ts";
import { hashPassword } from "./password-hash.ts";

/**
 * The first account: none exists -> (link issued)* -> account exists. There is no way back, and the link's token is the only
 * way for somebody from outside. Links are kept as hashes in better-auth's table of one-time values.
 */

const LINK = "set-up";
const LINK_LIFE_SECONDS = 3600;
const TOKEN_BYTES = 32;

const hashed = (token: string): string => createHash("sha256").update(token).digest("hex");

export async function hasAccount(db: Pool | PoolClient): Promise<boolean> {
  const { rows } = await db.query<{ exists: boolean }>("select exists (select from auth.member) as exists");
  return rows[0]?.exists === true;
}

/** A new link's token; links issued before stay valid until their hour is over. Null when an account exists. */
export async function issueSetUpToken(pool: Pool): Promise<string | null> {
  if (await hasAccount(pool)) return null;
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  await pool.query(
    `insert into auth.verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
     values ($1, $2, $3, now() + make_interval(secs => $4), now(), now())`,
    [newId(), LINK, hashed(token), LINK_LIFE_SECONDS],
  );
  return token;
}

/** Throws `SETUP_LINK_INVALID`, also to all but one of those who come at once. */
export async function setUpByLink(pool: Pool, input: SetUpInput): Promise<FirstAccount> {
  const isValid = await pool.query(
    `select from auth.verification where identifier = $1 and value = $2 and "expiresAt" > now()`,
    [LINK, hashed(input.token)],
  );
  if (isValid.rowCount === 0 || (await hasAccount(pool))) throw new AppError("SETUP_LINK_INVALID");
  const first = await createFirstAccount(pool, input, "pg_try_advisory_xact_lock");
  if (!first) throw new AppError("SETUP_LINK_INVALID");
  return first;
}

/** The account of an unattended start. Null when one exists. */
export const ensureFirstAccount = (pool: Pool, account: Omit<SetUpInput, "token">): Promise<FirstAccount | null> =>
  createFirstAccount(pool, account, "pg_advisory_xact_lock");

/**
 * One transaction under one lock. A visitor only tries the lock: those who lose a race are told at once, and cannot hold all
 * connections waiting. A starting process waits for it.
 */
async function createFirstAccount(
  pool: Pool,
  account: Omit<SetUpInput, "token">,
  lock: "pg_advisory_xact_lock" | "pg_try_advisory_xact_lock",
): Promise<FirstAccount | null> {
  const password = await hashPassword(account.password);
  const client = await pool.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<{ is_mine: boolean | "" }>(`select ${lock}($1) as is_mine`, [ACCOUNTS_LOCK]);
    const first =
      rows[0]?.is_mine === false || (await hasAccount(client)) ? null : await insert(client, account, password);
    await client.query(first ? "commit" : "rollback");
    client.release();
    return first;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** What better-auth itself would insert, in one transaction, which its own calls do not offer. */
async function insert(db: PoolClient, account: Omit<SetUpInput, "token">, password: string): Promise<FirstAccount> {
  const user = { id: newId(), email: account.email, name: account.name };
  await db.query(`delete from auth.verification where identifier = $1`, [LINK]);
  await db.query(
    `insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ($1, $2, $3, true, now(), now())`,
    [user.id, user.name, user.email],
  );
  await db.query(
    `insert into auth.account (id, "userId", "accountId", "providerId", password, "createdAt", "updatedAt")
     values ($1, $2, $2, 'credential', $3, now(), now())`,
    [newId(), user.id, password],
  );
  const organizationId = await takeOrganization(db, account.organizationName);
  await db.query(
    `insert into auth.member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'owner', now())`,
    [newId(), organizationId, user.id],
  );
  return { user, organizationId };
}

/** The sample's organization is there before anybody has an account: the first account gets it, under a name of its own. */
async function takeOrganization(db: PoolClient, name: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `update auth.organization set name = $1 where id = (select id from auth.organization order by "createdAt" limit 1) returning id`,
    [name],
  );
  return rows[0]?.id ?? insertOrganization(db, name);
}

async function insertOrganization(db: PoolClient, name: string): Promise<string> {
  const id = newId();
  await db.query(`insert into auth.organization (id, name, slug, "createdAt") values ($1, $2, $1, now())`, [id, name]);
  return id;
}

/** The oldest organization, or a new one with no member yet. Processes that ask at once get the same. */
export async function ensureOrganization(pool: Pool, name: string): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [ACCOUNTS_LOCK]);
    const { rows } = await client.query<{ id: string }>(
      `select id from auth.organization order by "createdAt" limit 1`,
    );
    const id = rows[0]?.id ?? (await insertOrganization(client, name));
    await client.query("commit");
    client.release();
    return id;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
