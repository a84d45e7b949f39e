import { testServer } from "@millrace/db/testing";
import { Pipeline, PipelineRun, QuarantinedRow } from "@millrace/db";
import { newId, type PlanPipelineInput } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { databaseSource } from "../testing/database-source.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
const editor = () => test.as("editor", organizationId);
let test: TestPlatform;
let database: Client;
let endId: string;

beforeAll(async () => {
  test = await testPlatform();
  const url = new URL(await (await testServer()).createDatabase("changes"));
  database = new Client({ connectionString: url.href });
  await database.connect();
  await database.query(`
    create table orders (id int primary key, total numeric(12,2), note text);
    insert into orders values (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c');
    create table arrived (id int primary key, total numeric(12,2), note text);
    insert into arrived values (2, 21, 'b'), (3, 30, 'c'), (4, 40, 'd')`);
  const end = await test.as("admin", organizationId).sources.create(databaseSource(newId(), url.href));
  endId = end.id;
});
afterAll(async () => {
  await database.end();
  await test.close();
});

const draft = (changes: object = {}) => ({
  sourceId: endId,
  sourceTable: "public.orders",
  destinationId: endId,
  destinationTable: "public.arrived",
  writeMode: "merge" as const,
  policies: { deletes: { mode: "hard" as const } },
  ...changes,
});

describe("what a run would change", () => {
  const changes = {
    counts: { inserted: 1, updated: 1, deleted: 1, unchanged: 1, duplicates: 0 },
    isComplete: true,
    isUpperBound: false,
    heldRows: 0,
    sourceRows: 3,
    destinationRows: 3,
    keyColumns: ["id"],
    columns: ["id", "total", "note"],
    inserted: [{ before: null, after: ["1", "10.00", "a"], changed: [] }],
    updated: [{ before: ["2", "21.00", "b"], after: ["2", "20.00", "b"], changed: ["total"] }],
    deleted: [{ before: ["4", "40.00", "d"], after: null, changed: [] }],
    refusal: null,
  };

  it("is counted and shown for a draft and for a stored pipeline alike, and nothing is changed", async () => {
    expect(await editor().pipelines.planChanges(draft())).toEqual(changes);
    const { id } = await editor().pipelines.create({ name: newId(), ...draft() });
    expect(await editor().pipelines.planChanges({ id })).toEqual(changes);
    const { rows } = await database.query("select count(*)::int as count, min(id) as first from arrived");
    expect(rows).toEqual([{ count: 3, first: 2 }]);
  });

  it("says that rows which are refused would be set aside, and how many of earlier runs are held", async () => {
    const policies = { deletes: { mode: "hard" as const }, errorBudget: { maxPercent: 1 } };
    const { id } = await editor().pipelines.create({ name: newId(), ...draft({ policies }) });
    const em = test.platform.store.forOrganization(organizationId);
    const pipeline = em.getReference(Pipeline, id);
    const base = { organizationId, trigger: "manual" as const, status: "success" as const };
    const run = em.create(PipelineRun, { ...base, id: newId(), pipeline, recordsFailed: 3 });
    for (const state of ["held", "held", "discarded"] as const) {
      const row = { id: newId(), organizationId, run, tableName: "public.arrived", code: "CONSTRAINT_VIOLATED" };
      em.create(QuarantinedRow, { ...row, reason: "A row violates a constraint", hasValues: false, state });
    }
    await em.flush();
    const expected = { counts: changes.counts, isUpperBound: true, heldRows: 2 };
    expect(await editor().pipelines.planChanges({ id })).toMatchObject(expected);
    expect(await editor().pipelines.planChanges(draft({ policies, pipelineId: id }))).toMatchObject(expected);
    const gone = await editor().pipelines.planChanges(draft({ sourceTable: "public.gone", policies }));
    expect(gone).toMatchObject({ counts: null, isUpperBound: true, heldRows: 0 });
  });

  it("masks a draft of a pipeline by the key of that pipeline, or every masked value would seem to change", async () => {
    const mapping = { columns: [{ source: "note", name: "note", transform: { kind: "hmac" as const } }] };
    const fields = draft({ mapping: { ...mapping, rest: "keep" as const } });
    const { id } = await editor().pipelines.create({ name: newId(), ...fields });
    const stored = await editor().pipelines.planChanges({ id });
    expect(await editor().pipelines.planChanges({ ...fields, pipelineId: id })).toEqual(stored);
    const another = await editor().pipelines.planChanges(fields);
    expect(another.inserted[0]?.after).not.toEqual(stored.inserted[0]?.after);
  });

  it("is an answer also where the run would be refused", async () => {
    const guarded = draft({ policies: { deletes: { mode: "hard", maxPercent: 10 } } });
    expect(await editor().pipelines.planChanges(guarded)).toMatchObject({
      counts: changes.counts,
      refusal: { code: "TOO_MANY_DELETES", side: "destination" },
    });
    const gone = await editor().pipelines.planChanges(draft({ sourceTable: "public.gone" }));
    expect(gone).toMatchObject({ counts: null, isComplete: false, refusal: { code: "SOURCE_TABLE_MISSING" } });
  });

  it("shows rows, so it is for editors, and takes nobody else's pipeline", async () => {
    const { id } = await editor().pipelines.create({ name: newId(), ...draft() });
    const operator = test.as("operator", organizationId).pipelines;
    expect((await refusal(operator.planChanges({ id }))).code).toBe("FORBIDDEN");
    const stranger = test.as("owner", newId()).pipelines;
    expect((await refusal(stranger.planChanges({ id }))).code).toBe("PIPELINE_NOT_FOUND");
    const borrowed: PlanPipelineInput = {
      ...(draft() as Extract<PlanPipelineInput, { sourceId: string }>),
      pipelineId: id,
    };
    expect((await refusal(stranger.planChanges(borrowed))).code).toBe("PIPELINE_NOT_FOUND");
  });
});
