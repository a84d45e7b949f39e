import { AppError, DEFAULT_POLICIES, type Digest, formatDigest } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { executeRun } from "./execute.ts";
import { planRun } from "./plan.ts";
import { type Behaviour, digestOf, scriptedRun } from "./testing/scripted-ends.ts";

const ROWS = ["a", "b", "c"];

async function fails(behaviour: Partial<Behaviour>) {
  const run = scriptedRun({ rows: ROWS, ...behaviour });
  const error: unknown = await executeRun(run.request).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { ...run, error };
}

describe("executing a run", () => {
  it("goes plan, copy, verify, publish, and closes both ends", async () => {
    const run = scriptedRun({ rows: ROWS, notes: ["an index was left out"] });
    const outcome = await executeRun(run.request);
    expect(run.calls).toEqual([
      "source begin",
      "survey",
      "destination begin",
      "read",
      "write",
      "source digest",
      "destination digest",
      "publish",
      "destination close",
      "source close",
    ]);
    expect(run.arrived()).toEqual(ROWS);
    expect(outcome).toEqual({
      cursor: null,
      agreement: null,
      rowsRead: 3,
      rowsWritten: 3,
      rowsQuarantined: 0,
      proof: {
        isVerified: true,
        verification: "full",
        sourceDigest: digestOf(ROWS),
        destinationDigest: digestOf(ROWS),
        changes: null,
        wireFormat: "scripted",
        bytes: 3,
        durationMs: expect.any(Number),
      },
    });
    expect([...new Set(run.progress.map(({ stage }) => stage))]).toEqual(["plan", "copy", "verify", "publish"]);
    expect(run.progress.at(-1)).toMatchObject({ stage: "publish", rows: 3, bytes: 3, totalRows: 7 });
  });

  it("tells what it does, and warns of what it left out", async () => {
    const run = scriptedRun({ rows: ROWS, notes: ["an index was left out"] });
    await executeRun(run.request);
    expect(run.log).toEqual([
      "info replace: public.t to public.t, 0 columns as scripted, no column is cast",
      "debug make the table",
      "warn mind the gap",
      "info Copied 3 rows, 3 bytes as scripted",
      `info Verified: both ends have the digest ${formatDigest(digestOf(ROWS))}`,
      "warn an index was left out",
      "info The new table is in place",
    ]);
  });

  it("publishes nothing when the digests differ", async () => {
    const run = await fails({ destinationDigest: async () => digestOf(["a", "b", "x"]) });
    expect(run.error).toMatchObject({ code: "DIGEST_MISMATCH", params: { table: "public.t" } });
    expect(run.arrived()).toBeNull();
    expect(run.calls.slice(-2)).toEqual(["destination close", "source close"]);
  });

  it.each([
    ["count", { rowCount: 4 }],
    ["sum", { sum: "4" }],
    ["xor", { xor: "5" }],
  ])("digests that differ in their %s alone differ", async (_part, change) => {
    const run = await fails({ destinationDigest: async () => ({ ...digestOf(ROWS), ...change }) });
    expect(run.error).toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("waits for both digests before it tells of either's failure", async () => {
    const slow = Promise.withResolvers<Digest>();
    let isSettled = false;
    const failure = new AppError("CONNECTION_LOST", { params: { side: "source" } });
    const run = scriptedRun({
      rows: ROWS,
      sourceDigest: () => Promise.reject(failure),
      destinationDigest: () => slow.promise,
    });
    const ended = executeRun(run.request).catch((error: unknown) => error);
    void ended.then(() => (isSettled = true));
    await expect.poll(() => run.calls).toContain("destination digest");
    expect(isSettled).toBe(false);
    slow.resolve(digestOf(ROWS));
    expect(await ended).toBe(failure);
    expect(run.arrived()).toBeNull();
  });

  it.each([
    ["is switched off", { policies: { ...DEFAULT_POLICIES, verification: "off" as const } }, {}],
    ["is of counts alone", { policies: { ...DEFAULT_POLICIES, verification: "count" as const } }, {}],
    ["is not possible between the two systems", {}, { digestMethod: null }],
  ])("says so when verification %s", async (_why, changes, behaviour) => {
    const run = scriptedRun({ rows: ROWS, ...behaviour }, changes);
    const { proof } = await executeRun(run.request);
    expect(proof).toMatchObject({ isVerified: null, sourceDigest: null, destinationDigest: null });
    expect(run.log).toContainEqual(
      expect.stringMatching(/^(?:info|warn) (?:.*[Nn]ot verified: |Row counts are equal: 3 rows)/),
    );
    expect(run.arrived()).toEqual(ROWS);
  });

  it.each([
    ["read", { readError: new RangeError("driver's words") }, { code: "CONNECTION_LOST", params: { side: "source" } }],
    ["write", { writeError: new AppError("DISK_FULL", { params: { side: "destination" } }) }, { code: "DISK_FULL" }],
    ["publish", { publishError: new AppError("FENCE_STALE") }, { code: "FENCE_STALE" }],
  ])("closes both ends when it fails in %s", async (_where, behaviour, expected) => {
    const run = await fails(behaviour);
    expect(run.error).toMatchObject(expected);
    expect(run.arrived()).toBeNull();
    expect(run.calls.slice(-2)).toEqual(["destination close", "source close"]);
  });

  it("repeats nothing that the destination has committed before", async () => {
    const run = scriptedRun({
      rows: ROWS,
      published: {
        kind: "published",
        rowCount: 9,
        sourceDigest: digestOf(["z"]),
        destinationDigest: digestOf(["z"]),
        changes: null,
      },
    });
    const outcome = await executeRun(run.request);
    expect(outcome).toMatchObject({ rowsRead: 9, rowsWritten: 9, proof: { isVerified: true } });
    expect(run.calls).toEqual(["source begin", "survey", "destination begin", "source close"]);
  });

  it("plans anew when the destination has changed meanwhile, and gives up the third time", async () => {
    const twice = scriptedRun({ rows: ROWS, changes: 2 });
    await executeRun(twice.request);
    expect(twice.calls.filter((call) => call === "survey")).toHaveLength(3);
    expect(twice.arrived()).toEqual(ROWS);
    const thrice = await fails({ changes: 3 });
    expect(thrice.error).toMatchObject({ code: "DESTINATION_CHANGED" });
    expect(thrice.calls.at(-1)).toBe("source close");
  });
});

describe("what a run refuses", () => {
  const one = { systemIdentifier: "1", database: "shop" };

  it("is one table of one database as both of its ends, whatever names it is reached by", async () => {
    const run = await fails({ sourceIdentity: one, destinationIdentity: { ...one } });
    expect(run.error).toMatchObject({ code: "SOURCE_EQUALS_DESTINATION", params: { table: "public.t" } });
    expect(run.calls).toEqual([]);
    await expect(planRun(run.request)).rejects.toMatchObject({ code: "SOURCE_EQUALS_DESTINATION" });
  });

  it.each([
    ["another database of the server", { sourceIdentity: one, destinationIdentity: { ...one, database: "other" } }, {}],
    [
      "a database of another server",
      { sourceIdentity: one, destinationIdentity: { ...one, systemIdentifier: "2" } },
      {},
    ],
    ["a database that cannot be told", { sourceIdentity: one, destinationIdentity: null }, {}],
    [
      "another table",
      { sourceIdentity: one, destinationIdentity: one },
      { destinationTable: { schema: "public", name: "u" } },
    ],
  ])("is not %s", async (_what, behaviour, changes) => {
    const run = scriptedRun({ rows: ROWS, ...behaviour }, changes);
    expect((await executeRun(run.request)).rowsWritten).toBe(3);
  });

  it("is a system that cannot be that end", async () => {
    const run = scriptedRun({ rows: ROWS });
    const { source: _source, ...writeOnly } = run.request.source;
    await expect(executeRun({ ...run.request, source: writeOnly })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      params: { what: "Scripted as a source" },
    });
  });
});

describe("planning alone", () => {
  it("opens no transaction at the destination", async () => {
    const run = scriptedRun({ rows: ROWS });
    expect((await planRun(run.request)).statements).toEqual(["make the table"]);
    expect(run.calls).toEqual(["source begin", "survey", "source close"]);
  });
});
