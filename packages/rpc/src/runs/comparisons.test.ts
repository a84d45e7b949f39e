import { comparedAs, Pipeline, PipelineRun, RunVerification, sealDifferences } from "@millrace/db";
import {
  AppError,
  type KeyDifference,
  newId,
  type RunFailure,
  type RunStatus,
  type RunTrigger,
} from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
let test: TestPlatform;
let endId: string;
let pipelineId: string;
const editor = () => test.as("editor", organizationId);
const operator = () => test.as("operator", organizationId);
const store = () => test.platform.store.forOrganization(organizationId);

beforeAll(async () => {
  test = await testPlatform();
  const end = {
    name: "shop",
    connectionType: "postgresql",
    host: "db.example.org",
    database: "a",
    username: "a",
  } as const;
  endId = (await test.as("admin", organizationId).sources.create(end)).id;
});
afterAll(() => test.close());
beforeEach(async () => {
  const ends = { sourceId: endId, sourceTable: "public.a", destinationId: endId, destinationTable: "public.b" };
  pipelineId = (await editor().pipelines.create({ name: `pipeline ${newId()}`, ...ends })).id;
});

/** A run that has ended so. */
async function run(trigger: RunTrigger, status: RunStatus = "success", failure?: RunFailure): Promise<string> {
  const em = store();
  const pipeline = em.getReference(Pipeline, pipelineId);
  const { id } = em.create(PipelineRun, {
    id: newId(),
    organizationId,
    pipeline,
    trigger,
    status,
    failure: failure ?? null,
  });
  await em.flush();
  return id;
}

const DIFFERENCES: KeyDifference[] = [
  { key: ["ann@example.org"], kind: "different", columns: ["name"] },
  { key: ["bob@example.org"], kind: "missing", columns: [] },
];

/** A verification that has found these keys, or a load that failed for them, as a worker keeps it. */
async function verified(
  differences: readonly KeyDifference[] = DIFFERENCES,
  trigger: "verify" | "manual" = "verify",
): Promise<string> {
  const { code, message, hint } = new AppError(trigger === "verify" ? "ROWS_DIFFER" : "DIGEST_MISMATCH");
  const runId = await run(trigger, "failed", { code, message, hint, side: "destination" });
  const em = store();
  const pipeline = await em.findOneOrFail(Pipeline, { id: pipelineId });
  const id = newId();
  const digest = { rowCount: 2, sum: "1", xor: "1" };
  em.create(RunVerification, {
    id,
    organizationId,
    runId,
    comparedAs: comparedAs(pipeline),
    found: {
      isEqual: differences.length === 0,
      sourceRows: 2,
      destinationRows: 1,
      sourceDigest: digest,
      destinationDigest: { ...digest, rowCount: 1 },
      keyColumns: ["email"],
      differenceCount: differences.length,
      isComplete: true,
      chunk: null,
    },
    differences: sealDifferences(test.platform.secrets, { organizationId, id }, differences),
  });
  await em.flush();
  return runId;
}

it("starts a verification and a repair as runs of their own, and a retry does the same again", async () => {
  const { runId: verifyId } = await operator().pipelines.verify({ id: pipelineId });
  expect(await operator().runs.get({ id: verifyId })).toMatchObject({ trigger: "verify", status: "pending" });
  expect((await refusal(operator().pipelines.trigger({ id: pipelineId }))).code).toBe("RUN_ACTIVE");
  await operator().runs.cancel({ id: verifyId });
  const again = await operator().runs.retry({ id: verifyId });
  expect((await operator().runs.get({ id: again.runId })).trigger).toBe("verify");
  await operator().runs.cancel({ id: again.runId });

  const asked = { runId: await verified(), deletesUnexpected: true };
  const { runId: repairId } = await editor().pipelines.repair({ id: pipelineId, ...asked });
  await operator().runs.cancel({ id: repairId });
  const retried = await editor().runs.retry({ id: repairId });
  expect((await operator().runs.get({ id: retried.runId })).trigger).toBe("repair");
  expect(await editor().runs.verification({ id: retried.runId })).toMatchObject({ repair: asked, found: null });
});

it("does not let an operator repair, not by a retry either", async () => {
  const runId = await verified();
  expect((await refusal(operator().pipelines.repair({ id: pipelineId, runId }))).code).toBe("FORBIDDEN");
  const repair = await editor().pipelines.repair({ id: pipelineId, runId });
  await operator().runs.cancel({ id: repair.runId });
  expect((await refusal(operator().runs.retry({ id: repair.runId }))).code).toBe("FORBIDDEN");
});

it("shows the keys to those who may look at rows, and kinds and columns to all others", async () => {
  const id = await verified();
  expect((await editor().runs.verification({ id })).differences).toEqual(DIFFERENCES);
  const shown = await test.as("viewer", organizationId).runs.verification({ id });
  expect(shown.found).toMatchObject({ keyColumns: ["email"], differenceCount: 2 });
  expect(shown.differences).toEqual(DIFFERENCES.map((difference) => ({ ...difference, key: null })));
  expect((await refusal(test.as("owner", newId()).runs.verification({ id }))).code).toBe("RUN_NOT_FOUND");
});

it("keeps no key in clear text", async () => {
  const runId = await verified();
  const row = await store().findOneOrFail(RunVerification, { runId });
  expect(JSON.stringify(row)).not.toContain("example.org");
});

it("has nothing to say of a run that copied, and goes with its run", async () => {
  const id = await run("manual");
  expect(await editor().runs.verification({ id })).toEqual({
    runId: id,
    found: null,
    differences: [],
    repair: null,
    repaired: null,
  });
  const runId = await verified();
  await editor().pipelines.delete({ id: pipelineId });
  expect(await store().count(RunVerification, { runId })).toBe(0);
});

it("repairs what a verification of this pipeline has listed, as the pipeline still is, and nothing else", async () => {
  const repair = (runId: string) => refusal(editor().pipelines.repair({ id: pipelineId, runId }));
  expect((await repair(newId())).code).toBe("RUN_NOT_FOUND");
  expect((await repair(await run("manual"))).code).toBe("NOTHING_TO_REPAIR");
  expect((await repair(await verified([]))).code).toBe("NOTHING_TO_REPAIR");
  expect((await refusal(editor().pipelines.repair({ id: pipelineId }))).code).toBe("NOTHING_TO_REPAIR");
  const runId = await verified();
  await run("verify", "failed");
  const latest = await editor().pipelines.repair({ id: pipelineId });
  await editor().runs.cancel({ id: latest.runId });
  expect((await editor().runs.verification({ id: latest.runId })).repair).toEqual({ runId, deletesUnexpected: false });
  await editor().pipelines.update({ id: pipelineId, destinationTable: "public.c" });
  expect((await repair(runId)).code).toBe("VERIFICATION_OUTDATED");
  await editor().pipelines.update({ id: pipelineId, destinationTable: "public.b", writeMode: "history" });
  expect((await repair(await verified())).code).toBe("UNSUPPORTED");
});

it("shows what a load differed in that failed for it, and refuses to repair what was rolled back", async () => {
  const runId = await verified(DIFFERENCES, "manual");
  expect(await editor().runs.verification({ id: runId })).toMatchObject({
    found: { differenceCount: 2, chunk: null },
    differences: DIFFERENCES,
    repair: null,
  });
  const shown = await test.as("viewer", organizationId).runs.verification({ id: runId });
  expect(shown.differences.map(({ key }) => key)).toEqual([null, null]);
  const { code, message } = await refusal(editor().pipelines.repair({ id: pipelineId, runId }));
  expect(code).toBe("LOAD_ROLLED_BACK");
  expect(message).toContain("rolled back");
  expect((await refusal(editor().pipelines.repair({ id: pipelineId }))).code).toBe("NOTHING_TO_REPAIR");
});

it("shows a verification that was kept before loads listed keys", async () => {
  const runId = await verified();
  const em = store();
  const kept = await em.findOneOrFail(RunVerification, { runId });
  const { chunk: _chunk, ...found } = kept.found ?? {};
  kept.found = found as NonNullable<typeof kept.found>;
  await em.flush();
  expect((await editor().runs.verification({ id: runId })).found).toMatchObject({ chunk: null, differenceCount: 2 });
});

it("is no load: lists show the last run that brought rows, and a run before it can still be undone", async () => {
  const loaded = await run("manual");
  await run("verify");
  const { items } = await editor().pipelines.list({});
  expect(items.find(({ id }) => id === pipelineId)).toMatchObject({
    lastRun: { id: loaded },
    recentRuns: ["success"],
  });
  const undo = await editor().runs.undo({ id: loaded });
  expect((await editor().runs.get({ id: undo.runId })).trigger).toBe("undo");
  await editor().runs.cancel({ id: undo.runId });
  expect((await refusal(editor().runs.undo({ id: await run("verify") }))).code).toBe("UNDO_UNAVAILABLE");
});
