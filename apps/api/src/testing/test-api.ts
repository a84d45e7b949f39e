import { testDatabase } from "@millrace/db/testing";
import { type Actor, type Caller, createCaller, hashPassword, type Platform } from "@millrace/rpc";
import { newId, type Role, ROLES } from "@millrace/shared";
import type { FastifyInstance, InjectOptions } from "fastify";
import { Pool } from "pg";
import { type ApiDeps, buildApp } from "../app.ts";
import { createLogger, SecretRegister } from "../logging.ts";
import { closePlatform, openPlatform } from "../platform.ts";

/** Eight characters at least; all users of a test have it. */
export const PASSWORD = "correct horse battery";
export const SECRET_KEY = "b7f3c9d2e8a1054f6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809182736";

export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  readonly cookie: string;
  readonly actor: Actor;
  readonly caller: Caller;
}

/** An organization with a member of each role. */
export type Organization = Record<Role, Member> & { readonly id: string };

/** An answer of the app, its body read as JSON where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | number | undefined>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of every shape
  readonly json: any;
}

export interface TestApi {
  readonly app: FastifyInstance;
  readonly platform: Platform;
  readonly databaseUrl: string;
  /** Every line of the log so far. */
  readonly log: string[];
  /** Past every policy. */
  readonly admin: Pool;
  organization(name: string): Promise<Organization>;
  call(method: InjectOptions["method"] & string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly as?: Member;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly remoteAddress?: string;
}

/** The whole API on a database of its own, with its own pools; close it after the file. */
export async function testApi(deps: Partial<ApiDeps> = {}): Promise<TestApi> {
  const database = await testDatabase();
  const secrets = new SecretRegister();
  const log: string[] = [];
  const logger = createLogger({ level: "trace", secrets, stream: { write: (line) => void log.push(line) } });
  const platform = await openPlatform({
    databaseUrl: database.url,
    secretKey: SECRET_KEY,
    publicUrl: deps.publicUrl ?? null,
    allowPrivateNetworks: true,
    rememberSecret: (secret) => secrets.add(secret),
    // The real one is the command line's and has tests there; here only who may call it matters.
    sample: {
      stateFor: () => ({ isOffered: true, isLoading: false, loaded: null, failure: null }),
      start: () => undefined,
    },
  });
  const app = await buildApp({
    platform,
    logger,
    webRoot: null,
    publicUrl: null,
    trustedProxies: [],
    requestsPerMinute: 100_000,
    ...deps,
  });
  const admin = new Pool({ connectionString: database.superuserUrl, application_name: "test", max: 5 });
  // Its connections may still be closing when the database is dropped under them.
  admin.on("error", () => undefined);
  admin.on("connect", (client) => void client.on("error", () => undefined));
  return {
    app,
    platform,
    databaseUrl: database.url,
    log,
    admin,
    organization: (name) => organization(platform, admin, name),
    call: async (method, path, { as, body, headers = {}, remoteAddress } = {}) => {
      const response = await app.inject({
        method: method as "GET",
        url: path,
        headers: { ...(as ? { cookie: as.cookie } : {}), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
        ...(remoteAddress === undefined ? {} : { remoteAddress }),
      });
      return {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        json: parsed(response.body),
      };
    },
    close: async () => {
      await app.close();
      await closePlatform(platform);
      await admin.end();
      await database.drop();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Written as the product's own first account is; there is no inviting of members yet. */
async function organization(platform: Platform, admin: Pool, name: string): Promise<Organization> {
  const id = newId();
  await admin.query(`insert into auth.organization (id, name, slug, "createdAt") values ($1, $2, $1, now())`, [
    id,
    name,
  ]);
  const members = await Promise.all(
    ROLES.map(async (role) => [role, await member(platform, admin, id, role)] as const),
  );
  return { ...(Object.fromEntries(members) as Record<Role, Member>), id };
}

async function member(platform: Platform, admin: Pool, organizationId: string, role: Role): Promise<Member> {
  const userId = newId();
  const email = `${role}-${userId.slice(-6)}@example.org`;
  await admin.query(
    `insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ($1, $2, $3, true, now(), now())`,
    [userId, role, email],
  );
  await admin.query(
    `insert into auth.account (id, "userId", "accountId", "providerId", password, "createdAt", "updatedAt")
     values ($1, $2, $2, 'credential', $3, now(), now())`,
    [newId(), userId, await hashOf(PASSWORD)],
  );
  await admin.query(
    `insert into auth.member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, $4, now())`,
    [newId(), organizationId, userId, role],
  );
  const { setCookies } = await platform.accounts.signIn({ email, password: PASSWORD }, "127.0.0.1");
  const cookie = setCookies.map((line) => line.split(";", 1)[0]).join("; ");
  const authenticated = await platform.accounts.authenticate({ cookie, token: undefined });
  if (!authenticated) throw new TypeError("the new member cannot sign in");
  const { actor } = authenticated;
  return { userId, email, role, cookie, actor, caller: createCaller({ platform, actor, door: "trpc" }) };
}

let hash: Promise<string> | undefined;

/** One hash for all, since making it is slow on purpose. */
const hashOf = (password: string): Promise<string> => (hash ??= hashPassword(password));
