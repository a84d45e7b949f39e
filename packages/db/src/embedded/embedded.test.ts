import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { ROOT_STATE_DIR } from "./binaries.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./index.ts";

const ENTRY = join(import.meta.dirname, "index.ts");
const isRoot = process.getuid?.() === 0;

/** Where another user may pass, as a checkout in a shared folder is. */
const home = mkdtempSync("/var/tmp/millrace-embedded-");
chmodSync(home, 0o711);
/** Most tests are about a server and not about its making, which takes a second: one after the other uses this one's data. */
const dataDir = join(home, "data");

const started: EmbeddedPostgres[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const start = async (options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) => {
  const server = await startEmbeddedPostgres({ dataDir, isDurable: false, ...options });
  started.push(server);
  return server;
};

async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

test("a server starts on an empty folder, answers on loopback with its password only, and stops cleanly", async () => {
  const server = await start();
  expect(server.isReused).toBe(false);
  const settings = await ask<{ name: string; setting: string }>(
    server.superuserUrl(),
    "select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories', 'wal_level', 'password_encryption')",
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    wal_level: "logical",
    password_encryption: "scram-sha-256",
  });
  const wrong = new URL(server.superuserUrl());
  wrong.password = "guess";
  await expect(ask(wrong.toString(), "select 1")).rejects.toMatchObject({ code: "28P01" });
  expect(statSync(join(dataDir, "superuser-password")).mode & 0o777).toBe(0o600);
  await server.stop();
  await expect(ask(server.superuserUrl(), "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(existsSync(join(dataDir, "cluster", "postmaster.pid"))).toBe(false);
  await server.stop();
});

test("a server is durable unless a test says otherwise", async () => {
  const server = await start({ isDurable: true });
  const [row] = await ask<{ fsync: string }>(server.superuserUrl(), "select current_setting('fsync') as fsync");
  expect(row?.fsync).toBe("on");
});

test("data, port and passwords are the same after a restart", async () => {
  const first = await start();
  const url = await first.platformUrl();
  await ask(url, "create table answers as select 42 as answer");
  await first.stop();
  const second = await start();
  expect(second.port).toBe(first.port);
  expect(await second.platformUrl()).toBe(url);
  expect(await ask(url, "select answer from answers")).toEqual([{ answer: 42 }]);
});

test("another port is taken when somebody listens on the last one", async () => {
  const first = await start();
  await first.stop();
  const squatter = createServer().listen(first.port, "127.0.0.1");
  await once(squatter, "listening");
  try {
    const second = await start();
    expect(second.port).not.toBe(first.port);
    expect(await ask(second.superuserUrl(), "select 1 as one")).toEqual([{ one: 1 }]);
  } finally {
    squatter.close();
  }
});

test("the server of a starter that was killed is used again, and stopped by whoever uses it", async () => {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(ENTRY)};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, isDurable: false });
    process.stdout.write(server.pid + "\\n");
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = (await once(starter.stdout, "data")) as [Buffer];
  starter.kill("SIGKILL");
  await once(starter, "exit");
  const server = await start();
  expect(server).toMatchObject({ isReused: true, pid: Number(output) });
  expect(await ask(server.superuserUrl(), "select 1 as one")).toEqual([{ one: 1 }]);
  await server.stop();
  expect(existsSync(join(dataDir, "cluster", "postmaster.pid"))).toBe(false);
});

test("a server that was killed itself starts again with everything that was committed", async () => {
  const first = await start({ isDurable: true });
  const url = await first.platformUrl();
  await ask(url, "create table kept as select generate_series(1, 1000) as n");
  process.kill(first.pid, "SIGKILL");
  const second = await start();
  expect(second.isReused).toBe(false);
  expect(
    await ask(url.replace(`:${first.port}/`, `:${second.port}/`), "select count(*)::int as rows from kept"),
  ).toEqual([{ rows: 1000 }]);
});

test("a lock file of a crash is no hindrance, whoever has its process number now", async () => {
  const first = await start();
  const pidFile = join(dataDir, "cluster", "postmaster.pid");
  const content = readFileSync(pidFile, "utf8");
  await first.stop();
  writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)));
  const second = await start();
  expect(second.isReused).toBe(false);
  expect(await ask(second.superuserUrl(), "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a set-up that was cut short is done again", async () => {
  const unfinished = join(home, "again", "cluster.unfinished");
  mkdirSync(join(unfinished, "base"), { recursive: true });
  const server = await start({ dataDir: join(home, "again") });
  expect(await ask(server.superuserUrl(), "select 1 as one")).toEqual([{ one: 1 }]);
  expect(existsSync(unfinished)).toBe(false);
});

test.runIf(isRoot)("root keeps the data of a folder below a closed home where the server can reach it", async () => {
  const closed = join(home, "closed");
  mkdirSync(closed, { mode: 0o700 });
  const server = await start({ dataDir: join(closed, "data") });
  try {
    expect(server.dataDir.startsWith(ROOT_STATE_DIR)).toBe(true);
    const url = await server.platformUrl();
    await server.stop();
    const again = await start({ dataDir: join(closed, "data") });
    expect(await again.platformUrl()).toBe(url.replace(`:${server.port}/`, `:${again.port}/`));
    await again.stop();
  } finally {
    rmSync(server.dataDir, { recursive: true, force: true });
  }
});

test.runIf(isRoot)("root's server does not run as root", async () => {
  const server = await start();
  const [owner] = readFileSync(`/proc/${server.pid}/status`, "utf8").match(/(?<=^Uid:\t)\d+/m) ?? [];
  expect(Number(owner)).toBeGreaterThan(0);
});

describe("databases of the embedded server", () => {
  test("belong to one role and are closed to every other", async () => {
    const server = await start();
    const platform = await server.platformUrl();
    await server.ensureRole("sample", "secret-of-sample");
    await server.ensureDatabase("sample_store", "sample");
    const sample = `postgresql://sample:secret-of-sample@${server.host}:${server.port}`;
    await ask(`${sample}/sample_store`, "create table t as select 1");
    for (const database of ["millrace", "postgres"]) {
      await expect(ask(`${sample}/${database}`, "select 1")).rejects.toMatchObject({ code: "42501" });
    }
    await expect(ask(platform.replace(/millrace$/, "sample_store"), "select 1")).rejects.toMatchObject({
      code: "42501",
    });
    const [role] = await ask<object>(
      server.superuserUrl(),
      "select rolsuper, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = 'sample'",
    );
    expect(role).toEqual({ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false });
  });

  test("keep what they hold when ensured, and lose it when made anew", async () => {
    const server = await start();
    await server.ensureRole("keeper", "first");
    await server.ensureRole("keeper", "second");
    const url = `postgresql://keeper:second@${server.host}:${server.port}/kept_store`;
    await server.ensureDatabase("kept_store", "keeper");
    await ask(url, "create table t ()");
    await server.ensureDatabase("kept_store", "keeper");
    expect(await ask(url, "select to_regclass('t')::text as t")).toEqual([{ t: "t" }]);
    await server.recreateDatabase("kept_store", "keeper");
    expect(await ask(url, "select to_regclass('t')::text as t")).toEqual([{ t: null }]);
  });
});
