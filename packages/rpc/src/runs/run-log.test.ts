import { RunLogLine } from "@millrace/db";
import { type LogLevel, newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
let runId: string;
const organizationId = newId();
const as = (role: Parameters<TestPlatform["as"]>[0] = "viewer") => test.as(role, organizationId);
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const LINE_COUNT = 40;

/** Levels take turns; every tenth line says 100%. */
beforeAll(async () => {
  test = await testPlatform();
  const end = await as("admin").sources.create({
    name: "an end",
    connectionType: "postgresql",
    host: "db.example.org",
    database: "shop",
    username: "reader",
  });
  const ends = { sourceId: end.id, sourceTable: "public.a", destinationId: end.id, destinationTable: "public.b" };
  const pipeline = await as("editor").pipelines.create({ name: "p", ...ends });
  ({ runId } = await as("operator").pipelines.trigger({ id: pipeline.id }));
  await writeLines(1, LINE_COUNT);
});
afterAll(() => test.close());

async function writeLines(from: number, to: number): Promise<void> {
  await test.platform.store.forOrganization(organizationId).insertMany(
    RunLogLine,
    Array.from({ length: to - from + 1 }, (_, index) => {
      const seq = from + index;
      return {
        id: newId(),
        organizationId,
        run: runId,
        seq,
        level: LEVELS[seq % 4] ?? "info",
        message: seq % 10 === 0 ? `Batch ${seq}: 100% done` : `batch ${seq}`,
      };
    }),
  );
}

const seqs = async (input: object) => (await as().runs.log({ id: runId, ...input })).map(({ seq }) => seq);

describe("a run's log", () => {
  it("is read from its end backwards and from any line onwards, ascending either way", async () => {
    expect(await seqs({ beforeSeq: 41, limit: 3 })).toEqual([38, 39, 40]);
    expect(await seqs({ beforeSeq: 38, limit: 3 })).toEqual([35, 36, 37]);
    expect(await seqs({ beforeSeq: 2 })).toEqual([1]);
    expect(await seqs({ beforeSeq: 1 })).toEqual([]);
    expect(await seqs({ afterSeq: 38 })).toEqual([39, 40]);
    expect(await seqs({ afterSeq: 10, beforeSeq: 14 })).toEqual([11, 12, 13]);
  });

  it("is filtered by the lowest level and by a text, signs of patterns taken as they are", async () => {
    expect(await seqs({ level: "error", limit: 3 })).toEqual([3, 7, 11]);
    expect(await seqs({ search: "100%" })).toEqual([10, 20, 30, 40]);
    expect(await seqs({ search: "BATCH 4" })).toEqual([4, 40]);
    expect(await seqs({ search: "batch_1" })).toEqual([]);
    expect(await seqs({ level: "warn", search: "100%" })).toEqual([10, 30]);
    expect(await seqs({ level: "warn", search: "100%", beforeSeq: 41, limit: 1 })).toEqual([30]);
  });

  it("tells where the lines are that a filter finds, and goes on where it stopped", async () => {
    expect(await as().runs.logMatches({ id: runId, search: "100%" })).toEqual({
      seqs: [10, 20, 30, 40],
      throughSeq: 40,
    });
    expect(await as().runs.logMatches({ id: runId, level: "error", afterSeq: 30 })).toEqual({
      seqs: [31, 35, 39],
      throughSeq: 40,
    });
    expect(await as().runs.logMatches({ id: runId, afterSeq: 40 })).toEqual({ seqs: [], throughSeq: 40 });
  });

  it("is counted with the run", async () => {
    expect((await as().runs.get({ id: runId })).lineCount).toBe(LINE_COUNT);
  });

  it("is not found in another organization", async () => {
    const { runs } = test.as("owner", newId());
    expect((await refusal(runs.logMatches({ id: runId }))).code).toBe("RUN_NOT_FOUND");
    expect((await refusal(runs.log({ id: runId, beforeSeq: 5 }))).code).toBe("RUN_NOT_FOUND");
  });
});
