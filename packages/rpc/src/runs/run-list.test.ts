import { PipelineRun } from "@millrace/db";
import { newId, type RunsChange, type RunStatus } from "@millrace/shared";
import type { TrackedEnvelope } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
beforeAll(async () => {
  test = await testPlatform();
});
afterAll(() => test.close());

/** An organization of its own, so that what it lists is what the test made. */
function organization() {
  const organizationId = newId();
  const as = (role: Parameters<TestPlatform["as"]>[0] = "viewer") => test.as(role, organizationId);
  const em = () => test.platform.store.forOrganization(organizationId);
  const pipeline = async (name: string): Promise<string> => {
    const end = await as("admin").sources.create({
      name: newId(),
      connectionType: "postgresql",
      host: "db.example.org",
      database: "shop",
      username: "reader",
    });
    const ends = { sourceId: end.id, sourceTable: "public.a", destinationId: end.id, destinationTable: "public.b" };
    return (await as("editor").pipelines.create({ name, ...ends })).id;
  };
  const run = async (pipelineId: string, fields: Partial<PipelineRun> = {}): Promise<string> => {
    const { runId } = await as("operator").pipelines.trigger({ id: pipelineId });
    // Ended, so that the pipeline takes the next one.
    await em().nativeUpdate(PipelineRun, { id: runId }, { status: "success", log: "x".repeat(1000), ...fields });
    return runId;
  };
  return { as, em, pipeline, run, organizationId };
}

const STATES: readonly RunStatus[] = ["success", "failed", "cancelled", "failed"];

describe("the list of runs", () => {
  it("names each run's pipeline, newest first, in pages that hold each run once", async () => {
    const { as, pipeline, run } = organization();
    const [one, other] = [await pipeline("one"), await pipeline("other")];
    const made: string[] = [];
    for (const id of [one, other, one, other, one]) made.push(await run(id));
    const seen: { id: string; pipelineName: string }[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ReturnType<typeof as>["runs"]["list"]>> = await as().runs.list({
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.map(({ id }) => id)).toEqual(made.toReversed());
    expect(seen.map(({ pipelineName }) => pipelineName)).toEqual(["one", "other", "one", "other", "one"]);
  });

  it("is narrowed by states, trigger and time, and counted under the same filters", async () => {
    const { as, pipeline, run } = organization();
    const id = await pipeline("p");
    const runs: string[] = [];
    for (const [index, status] of STATES.entries()) {
      runs.push(
        await run(id, {
          status,
          trigger: index === 0 ? "schedule" : "manual",
          createdAt: new Date(`2026-11-0${index + 1}T12:00:00Z`),
        }),
      );
    }
    const list = async (input: object) => (await as().runs.list(input)).items.map((item) => runs.indexOf(item.id));
    expect(await list({ status: ["failed", "cancelled"] })).toEqual([3, 2, 1]);
    expect(await list({ status: "success" })).toEqual([0]);
    expect(await list({ trigger: "schedule" })).toEqual([0]);
    expect(await list({ since: "2026-11-02T12:00:00.000Z", until: "2026-11-04T12:00:00.000Z" })).toEqual([2, 1]);
    expect(await as().runs.counts({})).toEqual({ pending: 0, running: 0, success: 1, failed: 2, cancelled: 1 });
    expect(await as().runs.counts({ trigger: "manual", since: "2026-11-03T00:00:00.000Z" })).toEqual({
      pending: 0,
      running: 0,
      success: 0,
      failed: 1,
      cancelled: 1,
    });
    expect((await as().runs.counts({ pipelineId: id })).failed).toBe(2);
    expect((await refusal(as().runs.counts({ pipelineId: newId() }))).code).toBe("PIPELINE_NOT_FOUND");
  });

  it("counts nothing of another organization", async () => {
    const { pipeline, run } = organization();
    await run(await pipeline("theirs"));
    expect(Object.values(await organization().as().runs.counts({}))).toEqual([0, 0, 0, 0, 0]);
  });

  it("leaves the logs out for whoever shows none", async () => {
    const { as, pipeline, run } = organization();
    await run(await pipeline("p"));
    expect((await as().runs.list({})).items[0]?.log).toHaveLength(1000);
    expect((await as().runs.list({ withLog: false })).items[0]?.log).toBe("");
  });
});

describe("what started a run", () => {
  it("is kept by name, also when the user or the token is gone", async () => {
    const { as, pipeline, run } = organization();
    const id = await run(await pipeline("p"));
    expect(await as().runs.get({ id })).toMatchObject({ trigger: "manual", triggeredByName: "operator", dueAt: null });
  });
});

describe("a run that waits", () => {
  it("says whether a worker is up, and whether one is free", async () => {
    const { as, pipeline, em } = organization();
    const { runId: id } = await as("operator").pipelines.trigger({ id: await pipeline("p") });
    const { claims } = test.platform.store;
    const reason = async () => (await as().runs.get({ id })).waitReason;
    expect(await reason()).toBe("no_worker");
    await claims.reportWorker("w1", { slots: 1, busy: 1 });
    expect(await reason()).toBe("busy");
    await claims.reportWorker("w1", { slots: 2, busy: 1 });
    expect(await reason()).toBeNull();
    await claims.forgetWorker("w1");
    await em().nativeUpdate(PipelineRun, { id }, { status: "cancelled" });
    expect(await reason()).toBeNull();
  });
});

describe("the stream of runs that change", () => {
  it("tells first that all should be read, then which ones changed, those of a moment together", async () => {
    const { as, pipeline } = organization();
    const pipelines = [await pipeline("one"), await pipeline("two")];
    const events = (await as().runs.onChange()) as unknown as AsyncIterable<TrackedEnvelope<RunsChange>>;
    const started: string[] = [];
    const seen: (readonly string[] | null)[] = [];
    for await (const [, { runIds }] of events) {
      seen.push(runIds);
      if (runIds === null) {
        for (const id of pipelines) started.push((await as("operator").pipelines.trigger({ id })).runId);
      }
      if (started.length > 0 && started.every((id) => seen.flat().includes(id))) break;
    }
    expect(seen[0]).toBeNull();
    expect(new Set(seen.slice(1).flat())).toEqual(new Set(started));
  });
});
