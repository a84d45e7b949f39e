import { isConnectionFailure } from "@millrace/db";
import { AppError, type SignInInput } from "@millrace/shared";
import { APIError } from "better-auth";
import { Pool } from "pg";
import type { Clock } from "../clock.ts";
import type { Actor } from "../context.ts";
import { AttemptLimiter } from "../limits/attempt-limiter.ts";
import type { Accounts, Authenticated, Credentials, SignedIn } from "./accounts.ts";
import { authenticateToken, createToken, listTokens, revokeToken } from "./api-tokens.ts";
import { type Auth, createAuth } from "./auth.ts";
import { CredentialWatch } from "./credential-watch.ts";
import { ensureFirstAccount, ensureOrganization, hasAccount, issueSetUpToken, setUpByLink } from "./first-account.ts";
import { findMember, findMemberByEmail } from "./members.ts";
import { migrateAccounts } from "./migrate-accounts.ts";
import { changePassword, renameOrganization, renameUser } from "./profile.ts";

export interface AccountsOptions {
  /** The owner of schema `auth`. */
  readonly databaseUrl: string;
  readonly secretKey: string;
  readonly publicUrl: string | null;
  readonly clock: Clock;
}

/** A session ends after this time, however much it is used. */
const MAX_SESSION_MS = 7 * 86_400_000;

/** Guesses: five at one account from one address, so that nobody locks a person out from elsewhere, and fifty from one address. */
const WINDOW_MS = 15 * 60_000;
const ACCOUNT_ATTEMPTS = 5;
const ADDRESS_ATTEMPTS = 50;

/** Migrates schema `auth`, then serves from it. Connects at once; `close` ends the connections. */
export async function openAccounts({ databaseUrl, secretKey, publicUrl, clock }: AccountsOptions): Promise<Accounts> {
  const pool = new Pool({
    connectionString: databaseUrl,
    options: "-c search_path=auth",
    application_name: "millrace accounts",
    max: 6,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process. The pool listens no
  // more to a connection that it is closing, which the server may break off as well.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  const auth = createAuth({ pool, secretKey, publicUrl });
  try {
    await migrateAccounts(pool, auth);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const watch = new CredentialWatch((credential) => isLive(pool, credential));
  const byAccount = new AttemptLimiter({ attempts: ACCOUNT_ATTEMPTS, windowMs: WINDOW_MS, clock });
  const byUser = new AttemptLimiter({ attempts: ACCOUNT_ATTEMPTS, windowMs: WINDOW_MS, clock });
  const byAddress = new AttemptLimiter({ attempts: ADDRESS_ATTEMPTS, windowMs: WINDOW_MS, clock });

  return {
    authenticate: (credentials) => answering(() => authenticate(pool, auth, credentials, clock)),
    signIn: async (input, clientAddress) => {
      const accountKey = `${clientAddress} ${input.email.toLowerCase()}`;
      // The address first: what it refuses must not fill the memory with names.
      byAddress.take(clientAddress);
      byAccount.take(accountKey);
      return answering(async () => {
        const signedIn = await signIn(auth, input);
        byAccount.forget(accountKey);
        byAddress.giveBack(clientAddress);
        return signedIn;
      });
    },
    signOut: (cookie) =>
      answering(async () => {
        const headers = new Headers(cookie === undefined ? {} : { cookie });
        const current = await auth.api.getSession({ headers, query: { disableRefresh: true } });
        const { headers: answer } = await auth.api.signOut({ headers, returnHeaders: true });
        if (current) watch.end(current.session.id);
        return answer.getSetCookie();
      }),
    findMember: (email) => answering(() => findMemberByEmail(pool, email)),
    isSetUpNeeded: () => answering(async () => !(await hasAccount(pool))),
    issueSetUpToken: () => answering(() => issueSetUpToken(pool)),
    setUp: (input) => answering(() => setUpByLink(pool, input)),
    ensureFirstAccount: (account) => answering(async () => void (await ensureFirstAccount(pool, account))),
    ensureOrganization: (name) => answering(() => ensureOrganization(pool, name)),
    renameUser: (userId, name) => answering(() => renameUser(pool, userId, name)),
    changePassword: async (actor, input) => {
      byUser.take(actor.userId);
      return answering(async () => {
        const ended = await changePassword(pool, actor, input);
        byUser.forget(actor.userId);
        for (const sessionId of ended) watch.end(sessionId);
        return ended.length;
      });
    },
    renameOrganization: (organizationId, name) => answering(() => renameOrganization(pool, organizationId, name)),
    listTokens: (organizationId) => answering(() => listTokens(pool, organizationId)),
    createToken: (actor, input) => answering(() => createToken(auth, actor, input)),
    revokeToken: (id) =>
      answering(async () => {
        await revokeToken(pool, id);
        watch.end(id);
      }),
    watchCredential: (actor, until) => watch.watch(actor, until),
    close: () => pool.end(),
  };
}

async function authenticate(
  pool: Pool,
  auth: Auth,
  { cookie, token }: Credentials,
  clock: Clock,
): Promise<Authenticated | null> {
  if (token !== undefined) {
    const actor = await authenticateToken(pool, token);
    return actor && { actor, setCookies: [] };
  }
  if (cookie === undefined) return null;
  const { response, headers } = await auth.api.getSession({ headers: new Headers({ cookie }), returnHeaders: true });
  if (!response) return null;
  const { session } = response;
  if (session.createdAt.getTime() < clock.now().getTime() - MAX_SESSION_MS) return null;
  const member = await findMember(pool, {
    userId: session.userId,
    organizationId: session.activeOrganizationId ?? null,
  });
  const actor: Actor | null = member && { ...member, via: "session", credentialId: session.id };
  return actor && { actor, setCookies: headers.getSetCookie() };
}

async function signIn(auth: Auth, { email, password }: SignInInput): Promise<SignedIn> {
  const { response, headers } = await auth.api
    .signInEmail({ body: { email, password }, headers: new Headers(), returnHeaders: true })
    .catch((error: unknown) => {
      if (error instanceof APIError && error.statusCode < 500) throw new AppError("CREDENTIALS_INVALID");
      throw error;
    });
  const { id, name } = response.user;
  return { user: { id, email: response.user.email, name }, setCookies: headers.getSetCookie() };
}

async function isLive(pool: Pool, { via, credentialId }: Pick<Actor, "via" | "credentialId">): Promise<boolean> {
  const { rowCount } = await pool.query(
    via === "session"
      ? `select from auth.session where id = $1 and "expiresAt" > now()`
      : `select from auth.apikey where id = $1 and enabled and ("expiresAt" is null or "expiresAt" > now())`,
    [credentialId],
  );
  return rowCount === 1;
}

/** A database that does not answer is no reason to call a session invalid: 503 rather than 401, so that clients come back. */
async function answering<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(isUnavailable(error) ? "DATABASE_UNAVAILABLE" : "INTERNAL", { cause: error });
  }
}

/** better-auth wraps what its queries throw into an error of its own, without a cause. */
const isUnavailable = (error: unknown): boolean =>
  isConnectionFailure(error) || (error instanceof APIError && error.statusCode >= 500);
