import { Pipeline, PipelineRun } from "@millrace/db";
import { testServer } from "@millrace/db/testing";
import { newId, type RunStatus } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { databaseSource } from "../testing/database-source.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
let test: TestPlatform;
let warehouse: Client;
let endId: string;
let pipelineId: string;
const editor = () => test.as("editor", organizationId);

beforeAll(async () => {
  test = await testPlatform();
  const url = new URL(await (await testServer()).createDatabase("warehouse"));
  warehouse = new Client({ connectionString: url.href });
  await warehouse.connect();
  const end = await test.as("admin", organizationId).sources.create(databaseSource(`warehouse ${newId()}`, url.href));
  endId = end.id;
});
afterAll(async () => {
  await warehouse.end();
  await test.close();
});
beforeEach(async () => {
  const ends = { sourceId: endId, sourceTable: "public.a", destinationId: endId, destinationTable: "public.b" };
  const policies = { undo: { keepHours: 24 } };
  pipelineId = (await editor().pipelines.create({ name: `pipeline ${newId()}`, ...ends, policies })).id;
});

/** A run that has ended so. */
async function run(status: RunStatus): Promise<string> {
  const em = test.platform.store.forOrganization(organizationId);
  const pipeline = em.getReference(Pipeline, pipelineId);
  const { id } = em.create(PipelineRun, { id: newId(), organizationId, pipeline, trigger: "manual", status });
  await em.flush();
  return id;
}

it("is started as a run of its own, and again by a retry", async () => {
  const id = await run("success");
  const { runId } = await editor().runs.undo({ id });
  expect(await editor().runs.get({ id: runId })).toMatchObject({ trigger: "undo", undoes: id, status: "pending" });
  expect((await refusal(editor().runs.undo({ id }))).code).toBe("RUN_ACTIVE");
  await editor().runs.cancel({ id: runId });
  const again = await editor().runs.retry({ id: runId });
  expect(await editor().runs.get({ id: again.runId })).toMatchObject({ trigger: "undo", undoes: id });
});

it("leaves its mark at the run that was undone", async () => {
  const id = await run("success");
  expect((await editor().runs.get({ id })).undoneBy).toBeNull();
  const { runId } = await editor().runs.undo({ id });
  expect((await editor().runs.get({ id })).undoneBy).toBeNull();
  const em = test.platform.store.forOrganization(organizationId);
  await em.nativeUpdate(PipelineRun, { id: runId }, { status: "success" });
  expect((await editor().runs.get({ id })).undoneBy).toBe(runId);
});

it("is refused for a run that failed, and for one that another has followed", async () => {
  const failed = await run("failed");
  expect((await refusal(editor().runs.undo({ id: failed }))).code).toBe("UNDO_UNAVAILABLE");
  expect(await editor().runs.undoPreview({ id: failed })).toMatchObject({ reason: "not_replaced" });
  const first = await run("success");
  await run("success");
  expect((await refusal(editor().runs.undo({ id: first }))).message).toContain("a later run of the pipeline");
});

it("is looked at in the destination before, where nothing is kept of this run", async () => {
  const id = await run("success");
  expect(await editor().runs.undoPreview({ id })).toEqual({
    runId: id,
    table: "public.b",
    reason: "later_run",
    keptRows: null,
    currentRows: null,
    keptUntil: null,
  });
});

it("is no business of operators, and of another organization neither", async () => {
  const id = await run("success");
  expect((await refusal(test.as("operator", organizationId).runs.undo({ id }))).code).toBe("FORBIDDEN");
  expect((await refusal(test.as("owner", newId()).runs.undo({ id }))).code).toBe("RUN_NOT_FOUND");
});
