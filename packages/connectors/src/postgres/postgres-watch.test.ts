import type { Socket } from "node:net";
import { testServer, type TestServer } from "@millrace/db/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { testSessions } from "../testing/test-sessions.ts";
import { type FaultProxy, openFaultProxy } from "./testing/fault-proxy.ts";
import { type PeerState, peerState, watchPeer } from "./postgres-watch.ts";

/** Short for the tests; the real one is 2.5 s. */
const LOOK_MS = 40;

/** faults.md 6: half-open connections. */
describe("a peer that falls silent", () => {
  const sessions = testSessions();
  let server: TestServer;
  let proxy: FaultProxy;
  let loses: "client" | "server" | "nothing";
  let watching: AbortController;

  beforeAll(async () => {
    server = await testServer();
    proxy = await openFaultProxy(server, {
      fromClient: () => (loses === "client" ? "vanish" : "pass"),
      fromServer: () => (loses === "server" ? "vanish" : "pass"),
    });
  });
  afterAll(() => proxy.close());
  afterEach(() => watching.abort());

  /** A session by way of the proxy, watched through another that reaches the server directly. */
  async function watchedSession(ask?: () => Promise<PeerState>) {
    loses = "nothing";
    watching = new AbortController();
    const direct = await sessions.open();
    const session = await sessions.open({
      port: Number(new URL(proxy.through("postgres://h/d")).port),
      host: "127.0.0.1",
    });
    const [row] = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
    const socket = session.client.connection.stream as Socket;
    const states: PeerState[] = [];
    let isLost = false;
    const watched = watchPeer(
      {
        socket: () => socket,
        expectsReply: () => !session.isFeeding,
        ask: async () => {
          const state = await (ask ?? (() => peerState(direct, row?.pid ?? 0)))();
          states.push(state);
          return state;
        },
        onLost: () => {
          isLost = true;
          socket.destroy();
        },
      },
      watching.signal,
      LOOK_MS,
    );
    return { session, direct, states, watched, isLost: () => isLost, pid: row?.pid ?? 0 };
  }

  const lostConnection = (query: Promise<unknown>) => expect(query).rejects.toMatchObject({ code: "CONNECTION_LOST" });

  it.each(["client", "server"] as const)("without a word from the %s's bytes on is lost", async (side) => {
    const { session, states } = await watchedSession();
    loses = side;
    await lostConnection(session.query("select 1"));
    expect(states).toEqual(["waits-for-us", "waits-for-us"]);
  });

  it("and works is left alone", async () => {
    const { session, states, isLost } = await watchedSession();
    await session.query("select pg_sleep(0.7)");
    expect(states.length).toBeGreaterThan(2);
    expect(new Set(states)).toEqual(new Set(["working"]));
    expect(isLost()).toBe(false);
  });

  it("because it waits for a lock is left alone", async () => {
    const { session, direct, states, isLost } = await watchedSession();
    await direct.query("begin; select pg_advisory_lock(7)");
    const waiting = session.query("select pg_advisory_lock(7)");
    await expect.poll(() => states.length).toBeGreaterThan(2);
    await direct.query("select pg_advisory_unlock(7)");
    await waiting;
    expect(isLost()).toBe(false);
  });

  it("because its session has ended is lost at the first answer", async () => {
    const { session, direct, states, pid } = await watchedSession();
    loses = "server";
    const query = session.query("select pg_sleep(60)");
    await expect.poll(() => peerState(direct, pid)).toBe("working");
    await direct.query("select pg_terminate_backend($1)", [pid]);
    await lostConnection(query);
    expect(states.at(-1)).toBe("gone");
  });

  it("while a copy feeds it waits for the copy's source", async () => {
    const { session, states, isLost } = await watchedSession();
    session.isFeeding = true;
    await expect.poll(() => states.length).toBeGreaterThan(2);
    expect(new Set(states)).toEqual(new Set(["waits-for-us"]));
    expect(isLost()).toBe(false);
  });

  it("and cannot be reached again is lost after the second try", async () => {
    const { session, states } = await watchedSession(async () => "unreachable");
    loses = "server";
    await lostConnection(session.query("select 1"));
    expect(states).toEqual(["unreachable", "unreachable"]);
  });

  it("is watched no longer than asked", async () => {
    const { watched, isLost } = await watchedSession(async () => "gone");
    watching.abort();
    await watched;
    expect(isLost()).toBe(false);
  });
});
