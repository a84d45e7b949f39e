import { emptyDatabase, type TestDatabase } from "@millrace/db/testing";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger, SecretRegister } from "./logging.ts";
import { type ApiOptions, type RunningApi, runApi } from "./main.ts";
import { SECRET_KEY } from "./testing/test-api.ts";

let database: TestDatabase;
let running: RunningApi[];
let log: string[];
beforeEach(async () => {
  database = await emptyDatabase();
  running = [];
  log = [];
});
afterEach(async () => {
  await Promise.all(running.map((api) => api.stop()));
  await database.drop();
});

async function start(options: Partial<ApiOptions> = {}): Promise<RunningApi> {
  const secrets = new SecretRegister();
  const api = await runApi({
    databaseUrl: database.url,
    secretKey: SECRET_KEY,
    port: 0,
    host: "127.0.0.1",
    publicUrl: null,
    trustedProxies: [],
    admin: null,
    allowPrivateNetworks: true,
    logLevel: "trace",
    logger: createLogger({ level: "trace", secrets, stream: { write: (line) => void log.push(line) } }),
    secrets,
    webRoot: null,
    ...options,
  });
  running.push(api);
  return api;
}

/** Closes the database to all but superusers, who are what this asks as, or opens it again. */
async function away(isAway: boolean): Promise<void> {
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  await client.query(`alter database ${database.name} connection limit ${isAway ? 0 : -1}`);
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await client.end();
}

/** Makes the database refuse every write, as one in recovery does, or take them again. */
async function readOnly(isReadOnly: boolean): Promise<void> {
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  await client.query("set default_transaction_read_only = off");
  await client.query(
    `alter database ${database.name} set default_transaction_read_only = ${isReadOnly ? "on" : "off"}`,
  );
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await client.end();
}

const post = (url: string, path: string, body: object) =>
  fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const ACCOUNT = { email: "ada@example.org", password: "correct horse", name: "Ada", organizationName: "Engines" };

describe("the API", () => {
  // security.md S25
  it("starts on an empty database, hands out a link for the first account, and none once there is one", async () => {
    const { url, setUpUrl, stop } = await start();
    const token = new URL(setUpUrl ?? "").searchParams.get("token") ?? "";
    expect(setUpUrl).toBe(`${url}/setup?token=${token}`);
    expect(await (await fetch(`${url}/trpc/accounts.setUpState`)).json()).toEqual({
      result: { data: { isNeeded: true } },
    });
    const race = await Promise.all([1, 2, 3].map(() => post(url, "/trpc/accounts.setUp", { ...ACCOUNT, token })));
    expect(race.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404]);
    expect((await post(url, "/login", { username: ACCOUNT.email, password: ACCOUNT.password })).status).toBe(200);
    expect((await post(url, "/trpc/accounts.setUp", { ...ACCOUNT, token })).status).toBe(404);
    await stop();
    expect((await start()).setUpUrl).toBeNull();
    expect(log.join("")).not.toContain(token);
  });

  it("makes the account of the environment on its first start, with several starting at once", async () => {
    const admin = { email: ACCOUNT.email, password: ACCOUNT.password };
    const [one, other] = await Promise.all([start({ admin }), start({ admin })]);
    expect([one.setUpUrl, other.setUpUrl]).toEqual([null, null]);
    expect((await post(other.url, "/login", { username: admin.email, password: admin.password })).status).toBe(200);
    await start({ admin: { ...admin, password: "changed later" } });
    expect((await post(one.url, "/login", { username: admin.email, password: admin.password })).status).toBe(200);
    expect(log.join("")).not.toMatch(/correct horse|changed later/);
  });

  it("stops once, however often it is told to, and lets go of its database", async () => {
    const api = await start();
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    await Promise.all([api.stop(), api.stop()]);
    await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
  });

  it("does not start, and keeps no connection, when its key is too short", async () => {
    await expect(start({ secretKey: "short" })).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
  });

  it("answers 503 while its database is away, and goes on once it is back", async () => {
    const { url } = await start({ admin: ACCOUNT });
    const cookie =
      (await post(url, "/login", { email: ACCOUNT.email, password: ACCOUNT.password })).headers
        .getSetCookie()
        .join("; ")
        .split(";", 1)[0] ?? "";
    const get = (path: string) => fetch(`${url}${path}`, { headers: { cookie } });
    expect((await get("/api/pipelines")).status).toBe(200);
    await away(true);
    const refused = await get("/api/pipelines");
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    expect((await get("/readyz")).status).toBe(503);
    expect((await get("/healthz")).status).toBe(200);
    await away(false);
    await expect.poll(async () => (await get("/api/pipelines")).status, { timeout: 30_000 }).toBe(200);
  });

  // faults.md 10
  it("answers 503 to what writes while its database is read-only, and goes on once it is not", async () => {
    const { url } = await start({ admin: ACCOUNT });
    const signIn = () => post(url, "/login", { email: ACCOUNT.email, password: ACCOUNT.password });
    expect((await signIn()).status).toBe(200);
    await readOnly(true);
    const refused = await signIn();
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await readOnly(false);
    await expect.poll(async () => (await signIn()).status, { timeout: 30_000 }).toBe(200);
  });
});
