import { PipelineRun, RunLogLine } from "@millrace/db";
import { newId, type RunEvent, type RunStatus } from "@millrace/shared";
import type { TrackedEnvelope } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
const organizationId = newId();
beforeAll(async () => {
  test = await testPlatform();
});
afterAll(() => test.close());

const as = (role: Parameters<TestPlatform["as"]>[0] = "operator", organization = organizationId) =>
  test.as(role, organization);

/** A pending run of a pipeline of its own. */
async function startedRun(): Promise<{ id: string; pipelineId: string }> {
  const end = await as("admin").sources.create({
    name: `source ${newId()}`,
    connectionType: "postgresql",
    host: "db.example.org",
    database: "shop",
    username: "reader",
  });
  const pipeline = await as("editor").pipelines.create({
    name: `pipeline ${newId()}`,
    sourceId: end.id,
    sourceTable: "public.a",
    destinationId: end.id,
    destinationTable: "public.b",
  });
  const { runId } = await as().pipelines.trigger({ id: pipeline.id });
  return { id: runId, pipelineId: pipeline.id };
}

const claim = (runId: string) => test.platform.store.claims.claim(runId, "test worker");

/** Ends the run as its worker would. */
const end = (id: string, status: RunStatus) =>
  test.platform.store
    .forOrganization(organizationId)
    .nativeUpdate(PipelineRun, { id }, { status, endTime: new Date() });

async function writeLines(runId: string, from: number, to: number) {
  const em = test.platform.store.forOrganization(organizationId);
  for (let seq = from; seq <= to; seq += 1) {
    em.create(RunLogLine, {
      organizationId,
      run: em.getReference(PipelineRun, runId),
      seq,
      level: "info",
      message: `line ${seq}`,
    });
  }
  await em.flush();
}

describe("a cancel", () => {
  it("ends a pending run at once, and no worker gets it any more", async () => {
    const { id, pipelineId } = await startedRun();
    expect(await as().runs.cancel({ id })).toMatchObject({
      status: "cancelled",
      errorMessage: "The run was cancelled",
    });
    expect(await claim(id)).toBeNull();
    expect((await as().pipelines.get({ id: pipelineId })).status).toBe("inactive");
    expect((await as().pipelines.trigger({ id: pipelineId })).status).toBe("pending");
  });

  it("asks the worker of a running run to stop, and may be repeated", async () => {
    const { id } = await startedRun();
    const claimed = await claim(id);
    expect((await as().runs.cancel({ id })).status).toBe("running");
    expect((await as().runs.cancel({ id })).status).toBe("running");
    const [heartbeat] = await test.platform.store.claims.heartbeat(
      [{ runId: id, fence: claimed?.fence ?? -1 }],
      "test worker",
    );
    expect(heartbeat).toMatchObject({ isHeld: true, isCancelRequested: true });
  });

  it("is refused once the run has ended", async () => {
    const { id } = await startedRun();
    await as().runs.cancel({ id });
    expect((await refusal(as().runs.cancel({ id }))).code).toBe("RUN_NOT_ACTIVE");
  });

  it("and a claim at the same moment leave the run in one state", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await startedRun();
      const [cancelled, claimed] = await Promise.all([as().runs.cancel({ id }), claim(id)]);
      expect(cancelled.status).toBe(claimed === null ? "cancelled" : "running");
    }
  });
});

describe("a retry", () => {
  it("is a new run of the same pipeline", async () => {
    const { id, pipelineId } = await startedRun();
    await claim(id);
    await end(id, "failed");
    const { runId } = await as().runs.retry({ id });
    expect(await as().runs.get({ id: runId })).toMatchObject({ pipelineId, trigger: "retry", status: "pending" });
  });

  it("waits for the run to end", async () => {
    const { id } = await startedRun();
    expect((await refusal(as().runs.retry({ id }))).code).toBe("RUN_STILL_ACTIVE");
  });
});

describe("a run", () => {
  it("is not found in another organization", async () => {
    const { id } = await startedRun();
    const { runs } = as("owner", newId());
    for (const call of [
      () => runs.get({ id }),
      () => runs.cancel({ id }),
      () => runs.retry({ id }),
      () => runs.log({ id }),
    ]) {
      expect((await refusal(call())).code).toBe("RUN_NOT_FOUND");
    }
    expect((await runs.list({})).items).toEqual([]);
  });

  it("is listed newest first, by pipeline and by status", async () => {
    const [one, other] = [await startedRun(), await startedRun()];
    await as().runs.cancel({ id: one.id });
    expect((await as().runs.list({ pipelineId: one.pipelineId })).items.map(({ id }) => id)).toEqual([one.id]);
    const pending = (await as().runs.list({ status: "pending", limit: 200 })).items.map(({ id }) => id);
    expect(pending).toContain(other.id);
    expect(pending).not.toContain(one.id);
  });

  it("has a log that is read in pages by number", async () => {
    const { id } = await startedRun();
    await writeLines(id, 1, 7);
    expect((await as("viewer").runs.log({ id, limit: 3 })).map(({ message }) => message)).toEqual([
      "line 1",
      "line 2",
      "line 3",
    ]);
    expect((await as("viewer").runs.log({ id, afterSeq: 5 })).map(({ seq }) => seq)).toEqual([6, 7]);
  });
});

describe("a backfill", () => {
  it("is a run of the window, which a retry repeats", async () => {
    const { id, pipelineId } = await startedRun();
    await as().runs.cancel({ id });
    const refused = as().pipelines.backfill({ id: pipelineId });
    expect(await refusal(refused)).toMatchObject({ code: "UNSUPPORTED" });
    await as("editor").pipelines.update({
      id: pipelineId,
      writeMode: "merge",
      policies: { incremental: { cursor: "at" } },
    });
    const { runId } = await as().pipelines.backfill({ id: pipelineId, from: "2026-01-01", to: null });
    await as().runs.cancel({ id: runId });
    const retried = await as().runs.retry({ id: runId });
    const em = test.platform.store.forOrganization(organizationId);
    for (const each of [runId, retried.runId]) {
      expect((await em.findOneOrFail(PipelineRun, { id: each })).backfill).toEqual({ from: "2026-01-01", to: null });
    }
    await as().runs.cancel({ id: retried.runId });
  });
});

describe("a run's stream", () => {
  async function* eventsOf(id: string, lastEventId?: string) {
    const events = await as("viewer").runs.onProgress({ id, ...(lastEventId === undefined ? {} : { lastEventId }) });
    // Typed as a client sees them; without HTTP in between they are still envelopes.
    yield* events as unknown as AsyncIterable<TrackedEnvelope<RunEvent>>;
  }

  it("sends each line once, from the first event on, and completes after the run has ended", async () => {
    const { id } = await startedRun();
    await claim(id);
    await writeLines(id, 1, 1_200);
    const seen: number[] = [];
    const ids: string[] = [];
    let last: string | undefined;
    for await (const [eventId, { run, lines }] of eventsOf(id)) {
      seen.push(...lines.map(({ seq }) => seq));
      ids.push(eventId);
      last = run.status;
      if (seen.length === 1_200) {
        await writeLines(id, 1_201, 1_210);
        await end(id, "success");
      }
    }
    expect(seen).toEqual(Array.from({ length: 1_210 }, (_, index) => index + 1));
    expect(ids.at(-1)).toBe("1210");
    expect(last).toBe("success");
  });

  it("goes on where the last event left off, without a gap and without a line twice", async () => {
    const { id } = await startedRun();
    await claim(id);
    await writeLines(id, 1, 5);
    const seen: number[] = [];
    let lastEventId: string | undefined;
    for (let connection = 0; connection < 5; connection += 1) {
      for await (const [eventId, { lines }] of eventsOf(id, lastEventId)) {
        seen.push(...lines.map(({ seq }) => seq));
        lastEventId = eventId;
        break;
      }
      await writeLines(id, 6 + connection * 3, 8 + connection * 3);
    }
    await end(id, "failed");
    for await (const [, { lines }] of eventsOf(id, lastEventId)) seen.push(...lines.map(({ seq }) => seq));
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it("of a run that is not there, or is somebody else's, is refused", async () => {
    const { id } = await startedRun();
    const next = async (role: "viewer", organization: string, runId: string) => {
      const events = await as(role, organization).runs.onProgress({ id: runId });
      for await (const event of events) return event;
      return undefined;
    };
    expect((await refusal(next("viewer", newId(), id))).code).toBe("RUN_NOT_FOUND");
    expect((await refusal(next("viewer", organizationId, newId()))).code).toBe("RUN_NOT_FOUND");
  });
});
