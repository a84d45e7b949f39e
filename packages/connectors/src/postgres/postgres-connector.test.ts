import { debianServer } from "@millrace/db/testing";
import type { OpenOptions } from "@millrace/engine";
import type { ConnectionCheck } from "@millrace/shared";
import { beforeAll, describe, expect, it } from "vitest";
import { TEST_CA } from "../testing/certificates.ts";
import { never, testSessions } from "../testing/test-sessions.ts";
import { listen, tlsFront } from "../testing/tls-front.ts";
import { checkSession, testConnection } from "./postgres-connection-checks.ts";
import { parsePostgresUrl, type PostgresConfig } from "./postgres-config.ts";
import { postgresConnector } from "./postgres-connector.ts";
import { openSession } from "./postgres-session.ts";

const { config, open } = testSessions();

const NAMES = ["Server", "Encryption", "Sign-in", "Database", "Version", "Reading", "Writing", "Privileges"];

const byName = (checks: readonly ConnectionCheck[]) =>
  Object.fromEntries(checks.map(({ name, status }) => [name, status]));

beforeAll(async () => {
  const session = await openSession(config(), { side: "source", signal: never() });
  await session.query(`
    create table public.orders (id int);
    create role check_reader login password 'p';
    grant select on public.orders to check_reader;
    create role check_nobody login password 'p';
    create role check_files login password 'p';
    grant pg_read_server_files, pg_execute_server_program to check_files;
    grant create on database "${config().database}" to check_files`);
  await session.close();
});

describe("the checks of a connection", () => {
  it("name what was found, in the order in which a run would meet it", async () => {
    const checks = await checkSession(await open());
    expect(checks.map(({ name }) => name)).toEqual(NAMES);
    expect(checks.every(({ status, hint }) => (status === "passed") === (hint === null))).toBe(true);
    const { host, port, database, username } = config();
    expect(checks.slice(0, 4).map(({ message }) => message)).toEqual([
      `${host} answers at port ${port}`,
      "Not encrypted; the server is on this machine",
      `Signed in as ${username}`,
      `Connected to ${database}`,
    ]);
    expect(checks[4]?.message).toMatch(/^PostgreSQL 18\.\d+$/);
    expect(checks[5]?.message).toBe("1 table can be read");
  });

  it.each([
    ["check_reader", { Reading: "passed", Writing: "warning", Privileges: "passed" }],
    ["check_nobody", { Reading: "warning", Writing: "warning", Privileges: "passed" }],
    ["check_files", { Reading: "warning", Writing: "passed", Privileges: "warning" }],
  ])("tell what %s lacks and what it has too much of", async (username, expected) => {
    const checks = await checkSession(await open({ username, password: "p" }));
    expect(byName(checks)).toMatchObject({ "Sign-in": "passed", ...expected });
  });

  // S11 of the security rules.
  it("warn of users who can reach the server's files and programs", async () => {
    const ofRole = await checkSession(await open({ username: "check_files", password: "p" }));
    expect(ofRole.at(-1)?.message).toBe("The user is a member of pg_execute_server_program, pg_read_server_files");
    const ofSuperuser = await checkSession(await open());
    expect(ofSuperuser.at(-1)?.message).toBe("The user is a superuser");
  });

  it("fail for a destination that takes no writes, and warn for a source", async () => {
    const { database } = config();
    const session = await open();
    await session.query(`alter database "${database}" set default_transaction_read_only = on`);
    try {
      const checkAs = async (side: "source" | "destination") => checkSession(await open({}, { side }));
      expect((await checkAs("source"))[6]).toMatchObject({ name: "Writing", status: "warning", code: null });
      expect((await checkAs("destination"))[6]).toMatchObject({ status: "failed", code: "READ_ONLY" });
    } finally {
      await session.query(`alter database "${database}" reset default_transaction_read_only`);
    }
  });
});

describe("a test of a connection", () => {
  const test = (changes: Partial<PostgresConfig> = {}, options: Partial<OpenOptions> = {}) =>
    testConnection(
      { ...config(), ...changes },
      { side: "source", signal: never(), connectTimeoutMs: 15_000, ...options },
    );

  it.each([
    ["Server", "HOST_NOT_FOUND", { host: "no-such-host.invalid" }],
    ["Server", "HOST_FORBIDDEN", { host: "169.254.169.254" }],
    ["Server", "CONNECTION_REFUSED", { port: 1 }],
    ["Encryption", "TLS_FAILED", { sslmode: "require" }],
    ["Sign-in", "AUTHENTICATION_FAILED", { username: "check_reader", password: "wrong" }],
    ["Database", "DATABASE_MISSING", { database: "none" }],
  ] as const)("that fails at %s passes what comes before it and skips the rest: %s", async (name, code, changes) => {
    const checks = await test(changes);
    const at = NAMES.indexOf(name);
    expect(checks.map((check) => check.name)).toEqual(NAMES);
    expect(checks.map(({ status }) => status)).toEqual(
      NAMES.map((_, index) => (index < at ? "passed" : index === at ? "failed" : "skipped")),
    );
    expect(checks[at]?.code).toBe(code);
  });

  it("fails at the database that is the platform's own", async () => {
    const { identity } = await open();
    const checks = await test({}, { refuse: identity ? [identity] : [] });
    expect(checks[3]).toMatchObject({ name: "Database", status: "failed", code: "PLATFORM_DATABASE_REFUSED" });
    expect(checks[2]?.status).toBe("passed");
  });

  // S3 of the security rules: a port that takes connections and says nothing of PostgreSQL looks like a closed one.
  it("does not tell a closed port from one where something else listens", async () => {
    const other = await listen((socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    try {
      expect((await test({ host: "127.0.0.1", port: other.port })).map(withoutPort)).toEqual(
        (await test({ host: "127.0.0.1", port: 1 })).map(withoutPort),
      );
    } finally {
      await other.close();
    }
  });

  it("says how what travels is protected, whether it goes on from there or not", async () => {
    const front = await tlsFront(config());
    try {
      const at = { host: "localhost", port: front.port };
      const verified = { ...at, sslmode: "verify-full", sslRootCert: TEST_CA } as const;
      expect((await test({ ...at, sslmode: "require" }))[1]?.message).toBe("Encrypted; who answers is not verified");
      expect((await test(verified))[1]?.message).toBe("Encrypted, and the server has proved that it is the host");
      const refused = await test({ ...verified, username: "check_reader", password: "wrong" });
      expect(refused[1]?.message).toBe("Encrypted, and the server has proved that it is the host");
      expect(refused[2]?.code).toBe("AUTHENTICATION_FAILED");
      const unproved = await test({ ...at, sslmode: "verify-full" });
      expect(unproved.slice(0, 2).map(({ status }) => status)).toEqual(["passed", "failed"]);
    } finally {
      await front.close();
    }
  });

  it("is a list of checks as well when its time is over", async () => {
    const silent = await listen(() => undefined);
    try {
      const checks = await test({ host: "127.0.0.1", port: silent.port }, { signal: AbortSignal.timeout(300) });
      expect(checks.map(({ code }) => code)).toEqual(["CONNECTION_TIMEOUT", ...Array.from({ length: 7 }, () => null)]);
    } finally {
      await silent.close();
    }
  });
});

const withoutPort = ({ message, ...check }: ConnectionCheck) => ({
  ...check,
  message: message.replace(/port \d+/, "port"),
});

describe("the connector", () => {
  it("opens a connection that lists, describes and previews, each under its signal", async () => {
    const connection = await postgresConnector.open(config(), { side: "source", signal: never() });
    try {
      expect((await connection.listTables(never())).map(({ reference }) => reference)).toEqual(["public.orders"]);
      const orders = { schema: "public", name: "orders" };
      expect((await connection.describe(orders, never()))?.columns.map(({ name }) => name)).toEqual(["id"]);
      expect(await connection.describe({ schema: "public", name: "none" }, never())).toBeNull();
      expect(await connection.preview(orders, 5, never())).toEqual({ columns: ["id"], rows: [] });
      expect(connection.identity?.database).toBe(config().database);
      await expect(connection.listTables(AbortSignal.abort())).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    } finally {
      await connection.close();
      await connection.close();
    }
  });

  it("works alike with a server of another major version", async ({ skip }) => {
    const server = await debianServer();
    if (!server) return skip();
    const older = parsePostgresUrl(await server.createDatabase("connector"));
    const session = await openSession(older, { side: "source", signal: never() });
    try {
      await session.query("create table public.orders as select 1 as id; analyze public.orders");
      expect(Math.floor(session.serverVersion / 10_000)).toBe(server.major);
      expect(session.identity).not.toBeNull();
      expect(byName(await checkSession(session))).toMatchObject({ Version: "passed", Reading: "passed" });
    } finally {
      await session.close();
    }
    const connection = await postgresConnector.open(older, { side: "source", signal: never() });
    const [orders] = await connection.listTables(never());
    expect(orders).toMatchObject({ reference: "public.orders", estimatedRows: 1 });
    await connection.close();
  });
});
