import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { never, testSessions } from "../testing/test-sessions.ts";
import { FrameScanner } from "./postgres-copy-frames.ts";
import { CopyIn } from "./postgres-copy-in.ts";
import { CopyOut } from "./postgres-copy-out.ts";

const { open } = testSessions();

const frame = (payload: string) => {
  const bytes = Buffer.from(`d\0\0\0\0${payload}`);
  bytes.writeUInt32BE(bytes.length - 1, 1);
  return bytes;
};

describe("the messages of a COPY", () => {
  it("are counted alike wherever the chunks are cut", () => {
    const payloads = ["", "a", "row\n", "x".repeat(300)];
    const bytes = Buffer.concat([...payloads.map(frame), Buffer.from("c\0\0\0\x04")]);
    for (let size = 1; size <= bytes.length; size++) {
      const frames = new FrameScanner();
      let rest = -1;
      for (let at = 0; at < bytes.length && rest < 0; at += size) {
        const chunk = bytes.subarray(at, at + size);
        const end = frames.skipData(chunk, 0);
        if (end < chunk.length) rest = at + end;
      }
      expect({ size, rest, count: frames.dataCount, bytes: frames.dataBytes }).toEqual({
        size,
        rest: bytes.length - 5,
        count: payloads.length,
        bytes: payloads.join("").length,
      });
    }
  });

  it("arrive as they were sent, a row larger than any buffer included", async () => {
    const [source, destination] = await Promise.all([open(), open()]);
    await destination.query("create temp table arrived (n int8, t text)");
    const sql = "select n::int8, repeat(chr(65 + n::int % 26), (n * n)::int) as t from generate_series(1, 1800, 40) n";
    const out = source.client.query(new CopyOut(`copy (${sql}) to stdout (format binary)`));
    const into = destination.client.query(new CopyIn("copy arrived from stdin (format binary)"));
    await pipeline(out, into);
    expect([out.rowCount, into.rowCount]).toEqual([45, 45]);
    const hash = "md5(string_agg(md5(t), ',' order by n)) as hash";
    const [sent] = await source.query<{ hash: string }>(`select ${hash} from (${sql}) s`);
    expect(await destination.query(`select ${hash} from arrived`)).toEqual([sent]);
    // Both sessions are the driver's again.
    expect(await source.query("select 1 as one")).toEqual([{ one: 1 }]);
  });
});

describe("a COPY that is broken off", () => {
  // The server waits for the rest of the message and would take anything for it, whatever was cut.
  it.each([1, 2, 3, 4, 5, 6, 100])("after %i bytes of a message leaves a session that can be used", async (length) => {
    const session = await open();
    await session.query("create temp table broken (t text)");
    const into = session.client.query(new CopyIn("copy broken from stdin"));
    const bytes = Buffer.concat([frame("whole\n"), frame("x".repeat(70_000)).subarray(0, length)]);
    const feed = new Readable({ read: () => {} });
    feed.push(bytes);
    const ended = pipeline(feed, into);
    await expect.poll(() => into.writableLength === 0 && feed.readableLength === 0).toBe(true);
    feed.destroy(new Error("the source is gone"));
    await expect(ended).rejects.toThrow("the source is gone");
    expect(await session.query("select count(*)::int4 as rows from broken")).toEqual([{ rows: 0 }]);
  });

  it("at the source reads on until the server stops, and the session can be used", async () => {
    const session = await open();
    const out = session.client.query(
      new CopyOut("copy (select repeat('x', 1000) from generate_series(1, 30000)) to stdout"),
    );
    out.once("data", () => out.destroy());
    await expect.poll(() => out.destroyed).toBe(true);
    expect(await session.query("select 2 as two")).toEqual([{ two: 2 }]);
  });

  it("by the server ends both streams with its error", async () => {
    const [source, destination] = await Promise.all([open(), open()]);
    await destination.query("create temp table narrow (n int2)");
    const out = source.client.query(new CopyOut("copy (select generate_series(1, 1000000)) to stdout"));
    const into = destination.client.query(new CopyIn("copy narrow from stdin"));
    await expect(pipeline(out, into)).rejects.toMatchObject({ code: "22003" });
    expect(
      await destination.abortable(never(), () => destination.query("select count(*)::int4 as n from narrow")),
    ).toEqual([{ n: 0 }]);
  });

  it("by a statement that the server refuses ends with its error", async () => {
    const session = await open();
    const into = session.client.query(new CopyIn("copy no_such_table from stdin"));
    await expect(pipeline(Readable.from([frame("x\n")]), into)).rejects.toMatchObject({ code: "42P01" });
    const out = session.client.query(new CopyOut("copy no_such_table to stdout"));
    await expect(out.toArray()).rejects.toMatchObject({ code: "42P01" });
    expect(await session.query("select 3 as three")).toEqual([{ three: 3 }]);
  });
});
