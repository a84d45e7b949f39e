import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listen, tlsFront } from "../testing/tls-front.ts";
import { never, testSessions } from "../testing/test-sessions.ts";
import { connectClient } from "./postgres-connect.ts";
import { formatVersion, type PostgresSession } from "./postgres-session.ts";

const { config, open } = testSessions();

const pidOf = async (session: PostgresSession): Promise<number> => {
  const [row] = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
  return row?.pid ?? 0;
};

/** What the server says that the other session is doing; null once it is gone. */
const stateOf = async (observer: PostgresSession, pid: number): Promise<string | null> => {
  const rows = await observer.query<{ state: string }>("select state from pg_stat_activity where pid = $1", [pid]);
  return rows[0]?.state ?? null;
};

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  await vi.waitFor(async () => expect(await condition()).toBe(true), { timeout: 30_000, interval: 20 });
};

describe("a session", () => {
  it("has the settings that every value's text depends on, whatever the user's own are", async () => {
    const session = await open();
    const { username } = config();
    const names = ["DateStyle", "IntervalStyle", "TimeZone", "extra_float_digits", "bytea_output", "jit"];
    await session.query(`alter role "${username}" in database "${config().database}" set DateStyle = 'German'`);
    const again = await open();
    const rows = await again.query<{ name: string; setting: string }>(
      "select name, setting from pg_settings where name = any($1) or name ~ '_timeout$' or name = 'application_name'",
      [names],
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toMatchObject({
      DateStyle: expect.stringMatching(/^ISO/),
      IntervalStyle: "postgres",
      TimeZone: "UTC",
      extra_float_digits: "3",
      bytea_output: "hex",
      jit: "off",
      statement_timeout: "0",
      idle_in_transaction_session_timeout: "0",
      lock_timeout: "30000",
      application_name: "millrace",
    });
  });

  it("knows its server and its database", async () => {
    const session = await open();
    expect(Math.floor(session.serverVersion / 10_000)).toBe(18);
    expect(session.identity).toEqual({
      systemIdentifier: expect.stringMatching(/^\d+$/),
      database: config().database,
    });
    expect(session.encryption).toBe("none");
  });

  it("gives values as the server's text", async () => {
    const session = await open();
    const rows = await session.query(
      `select 9007199254740993::int8 as big, 0.1::numeric(40,20) as exact, date '4713-01-01 BC' as old,
              '{"a":1}'::jsonb as json, array[1,2] as list, timestamptz 'infinity' as never, true as yes, 7 as small, null as none`,
    );
    expect(rows).toEqual([
      {
        big: "9007199254740993",
        exact: "0.10000000000000000000",
        old: "4713-01-01 BC",
        json: '{"a": 1}',
        list: "{1,2}",
        never: "infinity",
        yes: true,
        small: 7,
        none: null,
      },
    ]);
  });

  it("opens another one like itself", async () => {
    const session = await open();
    const again = await session.reopen(never());
    try {
      expect(again.identity).toEqual(session.identity);
      expect(await pidOf(again)).not.toBe(await pidOf(session));
    } finally {
      await again.close();
    }
  });

  it("takes neither password nor settings from this process's environment", async () => {
    vi.stubEnv("PGPASSWORD", config().password ?? "");
    vi.stubEnv("PGOPTIONS", "-c search_path=canary");
    vi.stubEnv("PGSSLMODE", "require");
    vi.stubEnv("PGSSLNEGOTIATION", "direct");
    try {
      await expect(open({ password: undefined as never })).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
      const session = await open();
      expect(await session.query("show search_path")).toEqual([{ search_path: '"$user", public' }]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("an abortable work", () => {
  it("is cancelled at the server, and the session goes on", async () => {
    const session = await open();
    const abort = new AbortController();
    const work = session.abortable(abort.signal, () => session.query("select pg_sleep(600)"));
    const observer = await open();
    const pid = session.client as unknown as { processID: number };
    await until(async () => (await stateOf(observer, pid.processID)) === "active");
    abort.abort();
    await expect(work).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("is cancelled over TLS where the session is encrypted", async () => {
    const { host, port } = config();
    const front = await tlsFront({ host, port });
    try {
      const session = await open({ port: front.port, sslmode: "require" });
      expect(session.encryption).toBe("unverified");
      const abort = new AbortController();
      const work = session.abortable(abort.signal, () => session.query("select pg_sleep(600)"));
      const observer = await open();
      const pid = session.client as unknown as { processID: number };
      await until(async () => (await stateOf(observer, pid.processID)) === "active");
      abort.abort();
      await expect(work).rejects.toMatchObject({ code: "RUN_CANCELLED" });
      expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
      expect(front.connections()).toBeGreaterThan(1);
      await session.close();
    } finally {
      await front.close();
    }
  });

  it("is asked again when the first request met it between two statements", async () => {
    const session = await open();
    const abort = new AbortController();
    const work = session.abortable(abort.signal, async () => {
      abort.abort();
      // Longer than the first request takes: nothing runs at the server yet.
      await delay(200);
      await session.query("select pg_sleep(600)");
    });
    await expect(work).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("is not started when the signal has aborted before", async () => {
    const session = await open();
    const work = vi.fn<() => Promise<void>>();
    await expect(session.abortable(AbortSignal.abort(), work)).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    expect(work).not.toHaveBeenCalled();
  });

  it("keeps a result that came all the same", async () => {
    const session = await open();
    const abort = new AbortController();
    const work = session.abortable(abort.signal, async () => {
      abort.abort();
      return 42;
    });
    await expect(work).resolves.toBe(42);
  });

  it("passes any other error on as it is", async () => {
    const session = await open();
    const error = new TypeError("somebody else's");
    await expect(session.abortable(never(), () => Promise.reject(error))).rejects.toBe(error);
  });

  it("loses its connection when it does not end within five seconds", async () => {
    const session = await open();
    const abort = new AbortController();
    const stuck = Promise.withResolvers<void>();
    const startedAt = performance.now();
    const work = session.abortable(abort.signal, () => stuck.promise);
    abort.abort();
    await expect(work).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    expect(performance.now() - startedAt).toBeGreaterThan(4_900);
    await expect(session.query("select 1")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    stuck.resolve();
  });
});

describe("a session whose server is gone", () => {
  it("says so at the pending statement and at the next", async () => {
    const session = await open();
    const observer = await open();
    const pid = await pidOf(session);
    const pending = session.query("select pg_sleep(600)");
    const failure = expect(pending).rejects.toMatchObject({ code: "CONNECTION_LOST", params: { side: "source" } });
    await until(async () => (await stateOf(observer, pid)) === "active");
    await observer.query("select pg_terminate_backend($1)", [pid]);
    await failure;
    await expect(session.query("select 1")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("says so at the next statement when it was idle", async () => {
    const session = await open();
    const observer = await open();
    const pid = await pidOf(session);
    await observer.query("select pg_terminate_backend($1)", [pid]);
    await until(async () => (await stateOf(observer, pid)) === null);
    await expect(session.query("select 1")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await session.close();
  });

  it("says so when the line is cut without a word", async () => {
    const { host, port } = config();
    const front = await tlsFront({ host, port });
    const session = await open({ port: front.port, sslmode: "require" });
    const pending = expect(session.query("select pg_sleep(600)")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await front.close();
    await pending;
  });
});

describe("closing a session", () => {
  it("may be done twice and ends what still runs", async () => {
    const session = await open();
    const observer = await open();
    const pid = await pidOf(session);
    const pending = session.query("select pg_sleep(600)").catch((error: unknown) => error);
    await until(async () => (await stateOf(observer, pid)) === "active");
    await Promise.all([session.close(), session.close()]);
    await session.close();
    expect(await pending).toMatchObject({ name: "AppError" });
    await until(async () => (await stateOf(observer, pid)) === null);
  });

  it("rolls back what was not committed", async () => {
    const session = await open();
    await session.query("create table kept (id int)");
    await session.query("begin");
    await session.query("insert into kept values (1)");
    await session.close();
    const observer = await open();
    expect(await observer.query("select * from kept")).toEqual([]);
  });
});

describe("opening", () => {
  const fronts: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(fronts.splice(0).map((front) => front.close()));
  });

  it.each([
    ["a wrong password", { password: "canary-wrong" }, "AUTHENTICATION_FAILED"],
    ["an unknown user", { username: "canary-nobody" }, "AUTHENTICATION_FAILED"],
    ["a missing database", { database: "canary-nowhere" }, "DATABASE_MISSING"],
    ["an unknown host", { host: "canary.invalid" }, "HOST_NOT_FOUND"],
    ["a forbidden host", { host: "169.254.169.254" }, "HOST_FORBIDDEN"],
    ["a server without TLS where it is required", { sslmode: "require" }, "TLS_FAILED"],
  ] as const)("with %s is refused and names no value", async (_, changes, code) => {
    const failure = await open(changes).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, params: { side: "source" } });
    expect((failure as Error).message).not.toMatch(/canary/);
  });

  it("answers the same for a closed port and for one where something else lives", async () => {
    const talker = await listen((socket) => socket.write("220 mail.example ESMTP\r\n"));
    const web = await listen((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    const mute = await listen((socket) => socket.once("data", () => socket.destroy()));
    fronts.push(talker, web, mute);
    const closed = await listen(() => {});
    await closed.close();
    for (const { port } of [talker, web, mute, closed]) {
      for (const sslmode of ["prefer", "disable"] as const) {
        await expect(open({ port, sslmode }, { connectTimeoutMs: 15_000 })).rejects.toMatchObject({
          code: "CONNECTION_REFUSED",
        });
      }
    }
  });

  it("takes no longer than it may", async () => {
    const silent = await listen(() => {});
    fronts.push(silent);
    await expect(open({ port: silent.port }, { connectTimeoutMs: 300 })).rejects.toMatchObject({
      code: "CONNECTION_TIMEOUT",
    });
  });

  it("ends when its signal aborts", async () => {
    const silent = await listen(() => {});
    fronts.push(silent);
    const abort = new AbortController();
    const opening = open({ port: silent.port }, { signal: abort.signal });
    const failure = expect(opening).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    await until(async () => silent.connections() === 1);
    abort.abort();
    await failure;
  });

  it("refuses the platform's own database and no other of that server", async () => {
    const { identity } = await open();
    if (!identity) throw new TypeError("a superuser may identify the database");
    await expect(open({}, { refuse: [identity] })).rejects.toMatchObject({ code: "PLATFORM_DATABASE_REFUSED" });
    await open({}, { refuse: [{ ...identity, database: "another" }] });
    await open({}, { refuse: [{ ...identity, systemIdentifier: "1" }] });
  });

  it("connects to the addresses that were checked, and goes on to the next when one does not answer", async () => {
    const { host, port } = config();
    const trap = await listen((socket) => socket.destroy());
    fronts.push(trap);
    const answers = [["127.0.0.2", host], ["127.0.0.3"]];
    const link = await connectClient(
      { ...config(), host: "rebinding.example" },
      {
        side: "source",
        signal: never(),
        deadlineAt: performance.now() + 5_000,
        allowPrivateNetworks: true,
        lookup: async () => answers.shift() ?? [],
      },
    );
    expect(link).toMatchObject({ address: host, port });
    expect(answers).toHaveLength(1);
    await link.client.end();
  });

  it("never connects to an address that the guard refuses", async () => {
    const trap = await listen(() => {});
    fronts.push(trap);
    for (const host of ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "::ffff:127.0.0.1"]) {
      const attempt = open({ host, port: trap.port }, { allowPrivateNetworks: false });
      await expect(attempt).rejects.toMatchObject({ code: "HOST_FORBIDDEN" });
    }
    expect(trap.connections()).toBe(0);
  });
});

describe("a server's version", () => {
  it.each([
    [150_018, "15.18"],
    [180_004, "18.4"],
    [100_000, "10.0"],
    [90_624, "9.6.24"],
  ])("%i reads %s", (version, text) => expect(formatVersion(version)).toBe(text));
});
