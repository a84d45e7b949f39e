import { PipelineRun } from "@millrace/db";
import { testServer } from "@millrace/db/testing";
import { newId } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { databaseSource } from "../testing/database-source.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
const editor = () => test.as("editor", organizationId);
let test: TestPlatform;
let database: Client;
let endId: string;
let pipelineId: string;

beforeAll(async () => {
  test = await testPlatform();
  const url = new URL(await (await testServer()).createDatabase("position"));
  database = new Client({ connectionString: url.href });
  await database.connect();
  await database.query(`
    create table a (id int primary key, at timestamptz);
    create table b (id int primary key, at timestamptz);
    create schema _millrace;
    create table _millrace.position (pipeline_id uuid, stream text, position jsonb, at timestamptz)`);
  const end = await test.as("admin", organizationId).sources.create(databaseSource(newId(), url.href));
  endId = end.id;
});
afterAll(async () => {
  await database.end();
  await test.close();
});
beforeEach(async () => {
  const ends = { sourceId: endId, sourceTable: "public.a", destinationId: endId, destinationTable: "public.b" };
  const policies = { incremental: { cursor: "at" } };
  pipelineId = (await editor().pipelines.create({ name: newId(), writeMode: "merge", policies, ...ends })).id;
});

const backfill = (from: string | null, to: string | null) =>
  test.as("operator", organizationId).pipelines.backfill({ id: pipelineId, from, to });

describe("the position of a pipeline", () => {
  it("is what its destination remembers for the table that stands there", async () => {
    expect(await editor().pipelines.position({ id: pipelineId })).toBeNull();
    const cursor = { column: "at", value: "2026-01-01 00:00:00+00", of: "anything" };
    await database.query(
      `insert into _millrace.position values ($1, 'public.b',
         jsonb_build_object('cursor', $2::jsonb, 'table', 'b'::regclass::oid::text), '2026-02-03 04:05:06.7+00')`,
      [pipelineId, JSON.stringify(cursor)],
    );
    expect(await editor().pipelines.position({ id: pipelineId })).toEqual({
      column: "at",
      value: "2026-01-01 00:00:00+00",
      at: "2026-02-03T04:05:06.700Z",
    });
  });

  it("holds values of rows, and so do the cursors of a run: both are for who may see rows", async () => {
    const { runId } = await backfill(null, null);
    const em = test.platform.store.forOrganization(organizationId);
    const cursor = { column: "at", from: null, to: "2026-01-01", isBackfill: false };
    await em.nativeUpdate(PipelineRun, { id: runId }, { cursor });
    expect(await editor().runs.cursor({ id: runId })).toEqual(cursor);
    expect(await editor().runs.get({ id: runId })).toMatchObject({ isBackfill: true });
    const operator = test.as("operator", organizationId);
    expect((await refusal(operator.pipelines.position({ id: pipelineId }))).code).toBe("FORBIDDEN");
    expect((await refusal(operator.runs.cursor({ id: runId }))).code).toBe("FORBIDDEN");
    expect(JSON.stringify(await operator.runs.get({ id: runId }))).not.toContain("2026-01-01");
    await operator.runs.cancel({ id: runId });
  });
});

describe("a backfill", () => {
  it.each([
    ["when?", null, "from"],
    ["2026-01-01", "never", "to"],
    ["2026-01-02", "2026-01-01", "to"],
  ])("from %s to %s is refused at its end %s, and no run is started", async (from, to, end) => {
    const error = await refusal(backfill(from, to));
    expect(error.code).toBe("VALIDATION_FAILED");
    expect(error.message).toMatch(new RegExp(`${end}: `));
    expect(await editor().runs.list({ pipelineId })).toMatchObject({ items: [] });
  });

  it("starts a run though its source cannot be asked now: the run says why", async () => {
    await editor().pipelines.update({ id: pipelineId, sourceTable: "public.gone" });
    expect(await backfill("2026-01-01", null)).toMatchObject({ status: "pending" });
  });
});
