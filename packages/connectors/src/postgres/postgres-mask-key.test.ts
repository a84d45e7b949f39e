import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { testSessions } from "../testing/test-sessions.ts";
import { hmacSql, setMaskKey } from "./postgres-mask-key.ts";
import type { PostgresSession } from "./postgres-session.ts";

const KEY = "canary-key-that-nobody-may-see";
const sessions = testSessions();

/** Everything that the server writes to its log for the session, since it sends that to the client as well. */
async function logged(session: PostgresSession, work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  session.client.on("notice", ({ message, detail, hint }) => lines.push([message, detail, hint].join(" ")));
  await session.query("set client_min_messages = log");
  await session.query("set log_statement = 'all'");
  await session.query("set log_min_duration_statement = 0");
  await session.query("set log_duration = on");
  await work();
  return lines.join("\n");
}

describe("the mask key", () => {
  let other: PostgresSession | undefined;
  afterEach(() => other?.close());

  const secrets = () => {
    const inner = Buffer.alloc(64);
    Buffer.from(KEY).copy(inner);
    return [KEY, inner.map((byte) => byte ^ 0x36), inner.map((byte) => byte ^ 0x5c)].map((secret) =>
      (typeof secret === "string" ? Buffer.from(secret) : Buffer.from(secret)).toString("hex"),
    );
  };

  it("leaves no trace in the server's log or in what other sessions see of this one", async () => {
    const session = await sessions.open();
    other = await sessions.open();
    let seen = "";
    const log = await logged(session, async () => {
      await session.query("begin read only");
      await setMaskKey(session, KEY);
      const [row] =
        (await other?.query<{ seen: string }>(
          "select string_agg(query, ' ') as seen from pg_stat_activity where pid = $1",
          [session.pid],
        )) ?? [];
      seen = row?.seen ?? "";
      const [masked] = await session.query<{ mask: string }>(
        `select encode(${hmacSql("convert_to('ada', 'UTF8')")}, 'hex') as mask`,
      );
      expect(masked?.mask).toBe(createHmac("sha256", KEY).update("ada").digest("hex"));
      await session.query("rollback");
    });
    // The log is really seen here: it has the statements, and of the calls the function's name.
    expect(log).toContain("begin read only");
    expect(log).toContain('fastpath function call: "set_config"');
    for (const secret of [KEY, ...secrets()]) {
      expect(log).not.toContain(secret);
      expect(seen).not.toContain(secret);
    }
    expect(seen).not.toBe("");
  });

  it("is forgotten with the transaction", async () => {
    const session = await sessions.open();
    await session.query("begin read only");
    await setMaskKey(session, KEY);
    await session.query("rollback");
    const [row] = await session.query<{ left: string | null }>(
      "select current_setting('millrace.mask_inner', true) as left",
    );
    expect(row?.left ?? "").toBe("");
  });

  it("leaves the session usable after a call that the server refuses", async () => {
    const session = await sessions.open();
    await session.query("begin read only");
    await session.query("select 1 / 1");
    await expect(session.query("select 1 / 0")).rejects.toThrow();
    await expect(setMaskKey(session, KEY)).rejects.toThrow();
    await session.query("rollback");
    expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  });
});
