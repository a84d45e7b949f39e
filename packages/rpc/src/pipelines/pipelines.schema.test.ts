import { testServer } from "@millrace/db/testing";
import { newId, SchemaState } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
const runId = newId();
let test: TestPlatform;
let platform: Client;
let source: Client;
let ends: { sourceId: string; sourceTable: string; destinationId: string; destinationTable: string };
let id: string;

const AGREED = {
  source: { columns: [{ name: "id", type: "integer", isNullable: false }], primaryKey: ["id"] },
  destination: { columns: [{ name: "id", type: "integer", isNullable: false }], primaryKey: ["id"] },
};
const NOW = {
  ...AGREED.source,
  columns: [...AGREED.source.columns, { name: "extra", type: "text", isNullable: true }],
};
const ADDED = { side: "source", kind: "column_added", column: "extra", before: null, after: "text" } as const;
const WAITING = {
  runId,
  at: "2026-01-01T00:00:00.000Z",
  policy: "ask",
  verdict: "waits",
  changes: [ADDED],
  statements: [`alter table "public"."items" add column "extra" text`],
} as const;

const editor = () => test.as("editor", organizationId);
const setState = (state: object) => platform.query("update pipelines set schema_state = $2 where id = $1", [id, state]);
const stateOf = async () =>
  SchemaState.parse(
    (await platform.query("select schema_state from pipelines where id = $1", [id])).rows[0].schema_state,
  );

beforeAll(async () => {
  test = await testPlatform();
  platform = new Client({ connectionString: test.superuserUrl });
  const server = await testServer();
  const urls = [new URL(await server.createDatabase("shop")), new URL(await server.createDatabase("warehouse"))];
  source = new Client({ connectionString: urls[0]?.href });
  const destination = new Client({ connectionString: urls[1]?.href });
  await Promise.all([platform, source, destination].map((client) => client.connect()));
  await source.query("create table items (id int primary key, extra text)");
  await destination.query("create table items (id int primary key)");
  await destination.end();
  const [from = "", to = ""] = await Promise.all(
    urls.map(async (url) => {
      const created = await test.as("admin", organizationId).sources.create({
        name: `source ${newId()}`,
        connectionType: "postgresql",
        host: url.hostname,
        port: Number(url.port),
        database: url.pathname.slice(1),
        username: decodeURIComponent(url.username),
        password: url.password === "" ? null : decodeURIComponent(url.password),
      });
      return created.id;
    }),
  );
  ends = { sourceId: from, sourceTable: "public.items", destinationId: to, destinationTable: "public.items" };
});
afterAll(async () => {
  await Promise.all([platform.end(), source.end()]);
  await test.close();
});
beforeEach(async () => {
  ({ id } = await editor().pipelines.create({ name: newId(), ...ends }));
  await setState({ agreed: AGREED, waiting: { ...WAITING, source: NOW } });
});

it("a pipeline shows what waits to be accepted, without the whole structure", async () => {
  expect((await test.as("viewer", organizationId).pipelines.get({ id })).waitingSchema).toEqual(WAITING);
});

it("accepting says what was accepted, holds for the run that has found it, and goes through once", async () => {
  expect(await refusal(editor().pipelines.acceptSchema({ id, runId: newId() }))).toMatchObject({
    code: "SCHEMA_NOT_WAITING",
  });
  await editor().pipelines.acceptSchema({ id, runId });
  expect(await stateOf()).toMatchObject({ agreed: AGREED, accepted: NOW, waiting: null });
  expect((await editor().pipelines.get({ id })).waitingSchema).toBeNull();
  expect(await refusal(editor().pipelines.acceptSchema({ id, runId }))).toMatchObject({ code: "SCHEMA_NOT_WAITING" });
  const { items } = await editor().pipelines.history({ id });
  expect(items[0]).toMatchObject({
    action: "pipelines.acceptSchema",
    changes: [{ field: "schema", values: { before: null, after: ["column extra (text) was added"] } }],
  });
});

it("a change of what is read or written forgets what was agreed, and any other keeps it", async () => {
  await editor().pipelines.update({
    id,
    description: "other words",
    schedule: "0 3 * * *",
    policies: { schemaChange: "freeze" },
  });
  expect((await stateOf()).agreed).toEqual(AGREED);
  await editor().pipelines.update({ id, mapping: { columns: [{ source: "id", name: "id" }] } });
  expect(await stateOf()).toMatchObject({ agreed: null, waiting: null, edition: expect.stringMatching(/./) });
});

it("the plan of a pipeline tells the difference, what stops the run, and the statements that accepting would bring", async () => {
  const plan = await editor().pipelines.plan({ id });
  expect(plan.schema).toEqual({ policy: "ask", verdict: "waits", changes: [ADDED], statements: WAITING.statements });
  expect(plan.refusal?.code).toBe("SCHEMA_CHANGED");
  expect(plan.columns.map(({ name, destinationType }) => [name, destinationType])).toEqual([
    ["id", "integer"],
    ["extra", "text"],
  ]);
  await editor().pipelines.acceptSchema({ id, runId });
  const accepted = await editor().pipelines.plan({ id });
  expect(accepted.refusal).toBeNull();
  expect(accepted.schema).toMatchObject({ verdict: "applied", changes: [ADDED] });
});

it("a draft is held against what its pipeline has agreed, as long as it is about the same tables", async () => {
  const draft = { ...ends, pipelineId: id, policies: { schemaChange: "evolve" as const } };
  expect((await editor().pipelines.plan(draft)).schema).toMatchObject({ verdict: "applied", changes: [ADDED] });
  const elsewhere = { ...draft, destinationTable: "public.nowhere" };
  expect((await editor().pipelines.plan(elsewhere)).schema).toMatchObject({ verdict: "same", changes: [] });
  expect((await editor().pipelines.plan({ ...draft, policies: { schemaChange: "freeze" } })).refusal?.code).toBe(
    "SCHEMA_CHANGED",
  );
});

it("a column that the mapping names and the source has lost is a part of the difference, and rows are shown without it", async () => {
  await editor().pipelines.update({ id, mapping: { columns: [{ source: "gone", name: "label" }] } });
  const label = { name: "label", type: "text", isNullable: true };
  const agreed = { ...NOW, columns: [...NOW.columns, label], used: [{ name: "gone", type: "character varying" }] };
  expect((await editor().pipelines.plan({ id })).refusal?.code).toBe("MAPPING_COLUMN_MISSING");
  await setState({ agreed: { source: agreed, destination: null } });
  const plan = await editor().pipelines.plan({ id });
  expect(plan).toMatchObject({ refusal: { code: "SCHEMA_CHANGED" }, schema: { verdict: "waits" } });
  expect(plan.schema?.changes).toEqual([
    {
      side: "source",
      kind: "column_removed",
      column: "gone",
      before: "character varying",
      after: null,
      usedBy: [{ part: "mapping", name: "label" }],
    },
  ]);
  expect(plan.columns.map(({ name, refusal: fault }) => [name, fault?.code])).toEqual([
    ["id", undefined],
    ["extra", undefined],
    ["label", "MAPPING_COLUMN_MISSING"],
  ]);
  const rows = await editor().pipelines.previewRows({ id, limit: 1 });
  expect(rows.columns).toEqual(["id", "extra"]);
});
