import { AppError, DEFAULT_POLICIES, type Verification } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { combineDigests } from "./chunk.ts";
import { executeRun } from "./execute.ts";
import type { RunRequest } from "./run.ts";
import { type Behaviour, digestOf, scriptedRun } from "./testing/scripted-ends.ts";

const ROWS = ["a", "b", "c", "d", "e", "f", "g"];
const UNVERIFIED = { policies: { ...DEFAULT_POLICIES, verification: "off" } } as const;
const IDENTITY = { pipelineId: "p", runId: "r", fence: 1 };
const LOST = new AppError("CONNECTION_LOST", { params: { side: "destination" } });

function chunkedRun(behaviour: Partial<Behaviour> = {}, changes: Partial<RunRequest> = {}) {
  return scriptedRun({ rows: ROWS, rowsPerChunk: 2, ...behaviour }, { identity: IDENTITY, ...changes });
}

/** What is left of a run that fails at its third chunk and is to be tried again. */
async function halfDone(): Promise<Map<number, readonly string[]>> {
  const stage = new Map<number, readonly string[]>();
  const run = chunkedRun({ stage, commitError: { index: 2, error: LOST } }, { isTriedAgain: () => true });
  await expect(executeRun(run.request)).rejects.toBe(LOST);
  expect(run.calls.slice(-2)).toEqual(["destination close, chunks kept", "source close"]);
  expect([...stage.keys()]).toEqual([0, 1]);
  return stage;
}

describe("a load in chunks", () => {
  it("commits each chunk after both digests, and publishes when all are there", async () => {
    const run = chunkedRun({ rows: ROWS.slice(0, 3) });
    const { proof } = await executeRun(run.request);
    expect(run.calls).toEqual([
      "source begin",
      "survey",
      "destination begin",
      ...[0, 1].flatMap((n) =>
        ["read", "write", "source digest", "destination digest", "commit"].map((call) => `${call} ${n}`),
      ),
      "writer close",
      "publish",
      "destination close",
      "source close",
    ]);
    expect(proof).toMatchObject({ isVerified: true, sourceDigest: digestOf(ROWS.slice(0, 3)), bytes: 3 });
  });

  it("has a reader and a writer for each chunk at once, and no more than there are chunks", async () => {
    for (const [parallelism, lanes] of [
      [3, 3],
      [16, 4],
    ] as const) {
      const run = chunkedRun({}, { parallelism });
      const { rowsRead, proof } = await executeRun(run.request);
      expect(run.calls.filter((call) => call === "writer close")).toHaveLength(lanes);
      expect(run.calls.filter((call) => call === "reader close")).toHaveLength(lanes - 1);
      expect(run.arrived()).toEqual(ROWS);
      expect(rowsRead).toBe(ROWS.length);
      expect(proof.destinationDigest).toEqual(digestOf(ROWS));
      expect(run.progress.at(-1)).toMatchObject({ rows: ROWS.length, bytes: ROWS.length });
    }
  });

  it("makes do with the connections that a server has left, and fails without any", async () => {
    const run = chunkedRun({ maxWriters: 2 }, { parallelism: 4 });
    await executeRun(run.request);
    expect(run.calls.filter((call) => call === "writer close")).toHaveLength(2);
    expect(run.log).toContainEqual(expect.stringMatching(/^warn .*; copying 2 at once instead of 4$/));
    expect(run.arrived()).toEqual(ROWS);
    await expect(executeRun(chunkedRun({ maxWriters: 0 }).request)).rejects.toMatchObject({ code: "CONNECTION_LIMIT" });
  });

  it("is one transaction for a copy that nobody goes on with and that copies nothing at once", async () => {
    const run = chunkedRun({}, { identity: null });
    await executeRun({ ...run.request, parallelism: 1 });
    expect(run.calls).toContain("read");
  });

  it("commits nothing more after a chunk has failed, and tells of the first failure", async () => {
    const run = chunkedRun({ commitError: { index: 0, error: LOST } }, { parallelism: 2 });
    await expect(executeRun(run.request)).rejects.toBe(LOST);
    expect(run.calls.filter((call) => call.startsWith("read "))).toHaveLength(2);
    expect(run.calls).not.toContain("publish");
    expect(run.calls.at(-2)).toBe("destination close");
    expect(run.arrived()).toBeNull();
  });

  it("a digest that differs names the chunk's rows in the log and nothing else", async () => {
    const run = chunkedRun({ destinationDigest: async () => digestOf(["x"]) });
    await expect(executeRun(run.request)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(run.log).toContainEqual(expect.stringMatching(/^error Digests differ where part 0: source /));
  });

  it("tells once what differs, of the chunk that was found first, and copies no more of them", async () => {
    const found: Verification[] = [];
    const run = chunkedRun(
      { destinationDigest: async () => digestOf(["x"]) },
      { parallelism: 2, onMismatch: (one) => found.push(one) },
    );
    const sentence =
      "What arrived differs from the source table public.t: 2 rows at the source, 1 at the destination, in chunk 1 of 4";
    await expect(executeRun(run.request)).rejects.toMatchObject({ message: sentence, params: { side: "destination" } });
    expect(found).toMatchObject([
      { isEqual: false, differenceCount: null, differences: [], chunk: { number: 1, count: 4 }, sourceRows: 2 },
    ]);
    expect(run.log).toContain("warn The two systems share no way to find the keys that differ");
    expect(run.calls.filter((call) => call.startsWith("read "))).toHaveLength(2);
  });

  it("without verification commits chunks without a digest", async () => {
    const run = chunkedRun({}, UNVERIFIED);
    expect((await executeRun(run.request)).proof).toMatchObject({ isVerified: null, destinationDigest: null });
    expect(run.calls.filter((call) => call.includes("digest"))).toEqual([]);
    expect(run.arrived()).toEqual(ROWS);
  });
});

describe("a run that is taken over", () => {
  it("goes on from its last committed chunk once the source's digests agree", async () => {
    const run = chunkedRun({ stage: await halfDone() });
    const outcome = await executeRun(run.request);
    expect(run.log).toContain("info Goes on from chunk 3 of 4: 2 were committed before");
    expect(run.calls.filter((call) => call.startsWith("read "))).toEqual(["read 2", "read 3"]);
    expect(run.arrived()).toEqual(ROWS);
    expect(outcome).toMatchObject({ rowsRead: 7, rowsWritten: 7, proof: { destinationDigest: digestOf(ROWS) } });
  });

  it("copies a chunk again that has changed", async () => {
    const rows = ["a", "z", ...ROWS.slice(2)];
    const run = chunkedRun({ rows, stage: await halfDone() });
    await executeRun(run.request);
    expect(run.calls).toContain("discard 0");
    expect(run.log).toContain(
      "info Goes on from chunk 1 of 4: 1 were committed before; 1 have changed at the source and are copied again",
    );
    expect(run.arrived()).toEqual(rows);
  });

  it("starts over when most have changed", async () => {
    const rows = ["x", "y", "z", "w", "e", "f", "g"];
    const run = chunkedRun({ rows, stage: await halfDone() });
    await executeRun(run.request);
    expect(run.calls).toContain("discard 0,1");
    expect(run.log).toContain("info Starts over, because 2 of 2 chunks have changed at the source");
    expect(run.arrived()).toEqual(rows);
  });

  it("starts over when the table has become so small that a chunk is no longer there", async () => {
    const run = chunkedRun({ rows: ["x", "y", "z"], stage: await halfDone() });
    await executeRun(run.request);
    expect(run.arrived()).toEqual(["x", "y", "z"]);
  });

  it("starts over when it is not verified, since nothing tells whether the source has changed", async () => {
    const run = chunkedRun({ stage: await halfDone() }, UNVERIFIED);
    await executeRun(run.request);
    expect(run.log).toContainEqual(expect.stringMatching(/^info Starts over, because without digests/));
    expect(run.arrived()).toEqual(ROWS);
  });

  it("only publishes when every chunk was there", async () => {
    const stage = await halfDone();
    stage.set(2, ["e", "f"]).set(3, ["g"]);
    const run = chunkedRun({ stage });
    await executeRun(run.request);
    expect(run.log).toContain("info Every chunk is there: 4 were committed before");
    expect(run.calls.some((call) => call.startsWith("read "))).toBe(false);
    expect(run.arrived()).toEqual(ROWS);
  });
});

describe("digests of chunks", () => {
  it("add up to that of the whole, negative hashes included", () => {
    const one = { rowCount: 2, sum: "-9223372036854775000", xor: "-5" };
    const other = { rowCount: 1, sum: "-9223372036854775808", xor: "9223372036854775807" };
    expect(combineDigests([one, other])).toEqual({
      rowCount: 3,
      sum: "-18446744073709550808",
      xor: String(-5n ^ 9223372036854775807n),
    });
    expect(combineDigests([])).toEqual({ rowCount: 0, sum: "0", xor: "0" });
  });
});
