import { debianServer } from "@millrace/db/testing";
import type { ConnectionCheck } from "@millrace/shared";
import { beforeAll, describe, expect, it } from "vitest";
import { never, testSessions } from "../testing/test-sessions.ts";
import { checkSession } from "./postgres-checks.ts";
import { parsePostgresUrl } from "./postgres-config.ts";
import { postgresConnector } from "./postgres-connector.ts";
import { openSession } from "./postgres-session.ts";

const { config, open } = testSessions();

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
    expect(checks.map(({ name }) => name)).toEqual([
      "Connection",
      "Version",
      "Writing",
      "Reading",
      "Creating",
      "Privileges",
    ]);
    expect(checks.every(({ status, hint }) => (status === "passed") === (hint === null))).toBe(true);
    expect(checks[0]?.message).toBe(`Signed in to ${config().database} as ${config().username}; not encrypted`);
    expect(checks[1]?.message).toMatch(/^PostgreSQL 18\.\d+$/);
    expect(checks[3]?.message).toBe("1 table can be read");
  });

  it.each([
    ["check_reader", { Reading: "passed", Creating: "warning", Privileges: "passed" }],
    ["check_nobody", { Reading: "warning", Creating: "warning", Privileges: "passed" }],
    ["check_files", { Reading: "warning", Creating: "passed", Privileges: "warning" }],
  ])("tell what %s lacks and what it has too much of", async (username, expected) => {
    const checks = await checkSession(await open({ username, password: "p" }));
    expect(byName(checks)).toMatchObject({ Connection: "passed", ...expected });
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
      expect((await checkAs("source"))[2]).toMatchObject({ name: "Writing", status: "warning", code: null });
      expect((await checkAs("destination"))[2]).toMatchObject({ status: "failed", code: "READ_ONLY" });
    } finally {
      await session.query(`alter database "${database}" reset default_transaction_read_only`);
    }
  });
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
      expect(byName(await connection.check(never()))["Connection"]).toBe("passed");
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
