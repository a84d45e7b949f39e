import { testServer } from "@millrace/db/testing";
import { type Mapping, newId } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
const KEY = "canary-mask-key-0123456789";
let test: TestPlatform;
let shop: Client;
let dataSourceId: string;
let store: Client;

const as = (role: "admin" | "editor" | "viewer") => test.as(role, organizationId);

beforeAll(async () => {
  test = await testPlatform();
  const server = await testServer();
  const url = new URL(await server.createDatabase("shop"));
  shop = new Client({ connectionString: url.href });
  store = new Client({ connectionString: test.superuserUrl });
  await Promise.all([shop.connect(), store.connect()]);
  await shop.query(`
    create table people (id int primary key, email text not null, born date);
    insert into people values (1, 'ada@example.com', '1815-12-10'), (2, 'bob@example.com', null);
    analyze people`);
  const { id } = await as("admin").sources.create({
    name: "shop",
    connectionType: "postgresql",
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: url.password === "" ? null : decodeURIComponent(url.password),
  });
  dataSourceId = id;
});
afterAll(async () => {
  await Promise.all([shop.end(), store.end()]);
  await test.close();
});

const draft = (mapping: z.input<typeof Mapping>) => ({
  sourceId: dataSourceId,
  sourceTable: "public.people",
  destinationId: dataSourceId,
  destinationTable: `public.t_${newId().replaceAll("-", "")}`,
  mapping,
});
const create = (mapping: z.input<typeof Mapping>, more: object = {}) =>
  as("editor").pipelines.create({ ...draft(mapping), name: newId(), ...more });
const hmac = { columns: [{ source: "email", name: "email", transform: { kind: "hmac" as const } }] };

describe("a pipeline's mapping", () => {
  it("is kept as it was written, with its defaults, and is plain where nobody wrote one", async () => {
    const { id, mapping } = await create({ columns: [{ source: "email", name: "mail" }], exclude: ["born"] });
    expect(mapping).toEqual({
      columns: [{ source: "email", name: "mail", transform: { kind: "keep" } }],
      rest: "keep",
      exclude: ["born"],
      filter: null,
      query: null,
    });
    expect((await as("viewer").pipelines.get({ id })).mapping).toEqual(mapping);
    const plain = await as("editor").pipelines.create({ name: newId() });
    expect(plain.mapping).toEqual({ columns: [], rest: "keep", exclude: [], filter: null, query: null });
  });

  it("stays as it is when something else is changed, and is one value when it is", async () => {
    const { id, mapping } = await create({ exclude: ["born"] });
    expect((await as("editor").pipelines.update({ id, description: "x" })).mapping).toEqual(mapping);
    const changed = await as("editor").pipelines.update({
      id,
      mapping: { columns: [], rest: "drop", exclude: [], filter: null, query: null },
    });
    expect(changed.mapping).toMatchObject({ rest: "drop", exclude: [] });
  });

  it("keeps its mask key to itself, encrypted and bound to the pipeline", async () => {
    const made = await create(hmac, { maskKey: KEY });
    expect(made.hasMaskKey).toBe(true);
    const { rows } = await store.query("select mapping::text as text from pipelines where id = $1", [made.id]);
    const history = await as("viewer").pipelines.history({ id: made.id });
    const page = await as("viewer").pipelines.list({});
    for (const answer of [made, rows, history, page, await as("viewer").pipelines.get({ id: made.id })]) {
      expect(JSON.stringify(answer)).not.toContain(KEY);
    }
    expect(rows[0].text).toContain("v1.");
    expect(JSON.stringify(await as("viewer").pipelines.get({ id: made.id }))).not.toContain("v1.");
    expect(test.remembered).toContain(KEY);
    // Another pipeline's row does not open it.
    const other = await create({});
    await store.query("update pipelines set mapping = (select mapping from pipelines where id = $1) where id = $2", [
      made.id,
      other.id,
    ]);
    expect(await refusal(as("editor").pipelines.plan({ id: other.id }))).toMatchObject({ code: "MASK_KEY_UNREADABLE" });
  });

  it("gets a mask key of its own where it needs one, keeps it, and gives it up", async () => {
    const { id, hasMaskKey } = await create(hmac);
    expect(hasMaskKey).toBe(true);
    const rows = async () => (await as("editor").pipelines.previewRows({ id })).rows;
    const before = await rows();
    expect(before[0]?.[1]).toMatch(/^[0-9a-f]{64}$/);
    await as("editor").pipelines.update({
      id,
      mapping: { ...(await as("viewer").pipelines.get({ id })).mapping, exclude: ["born"] },
    });
    expect((await rows())[0]?.[1]).toBe(before[0]?.[1]);
    await as("editor").pipelines.update({ id, maskKey: KEY });
    expect((await rows())[0]?.[1]).not.toBe(before[0]?.[1]);
    const plain = await create({}, { maskKey: KEY });
    expect((await as("editor").pipelines.update({ id: plain.id, maskKey: null })).hasMaskKey).toBe(false);
  });

  it("shows its columns in the plan, each with what is wrong with it", async () => {
    const plan = await as("editor").pipelines.plan(
      draft({
        columns: [
          { source: "email", name: "mail", transform: { kind: "partial" } },
          { source: "born", name: "born", transform: { kind: "cast", type: "bigint" } },
          { source: "nmae", name: "name" },
          { source: null, name: "id", transform: { kind: "constant", value: "1" } },
        ],
      }),
    );
    expect(
      plan.columns.map(({ source, name, destinationType, isCast, isPrimaryKey, refusal: why }) => ({
        source,
        name,
        destinationType,
        isCast,
        isPrimaryKey,
        code: why?.code ?? null,
      })),
    ).toEqual([
      { source: "id", name: "id", destinationType: "integer", isCast: false, isPrimaryKey: true, code: null },
      { source: "email", name: "mail", destinationType: "text", isCast: true, isPrimaryKey: false, code: null },
      {
        source: "born",
        name: "born",
        destinationType: null,
        isCast: true,
        isPrimaryKey: false,
        code: "MAPPING_CAST_IMPOSSIBLE",
      },
      {
        source: "nmae",
        name: "name",
        destinationType: null,
        isCast: false,
        isPrimaryKey: false,
        code: "MAPPING_COLUMN_MISSING",
      },
      {
        source: null,
        name: "id",
        destinationType: null,
        isCast: true,
        isPrimaryKey: false,
        code: "MAPPING_NAME_TAKEN",
      },
    ]);
    expect(plan.statements).toEqual([]);
  });

  it("is seen in a preview, where what is masked stays masked", async () => {
    const preview = await as("editor").pipelines.previewRows(
      draft({
        columns: [{ source: "email", name: "mail", transform: { kind: "redact", text: "gone" } }],
        filter: { conditions: [{ column: "email", operator: "starts_with", values: ["ada"] }] },
      }),
    );
    expect(preview).toEqual({ columns: ["id", "mail", "born"], rows: [["1", "gone", "1815-12-10"]] });
    const refused = as("editor").pipelines.previewRows(draft({ exclude: ["emial"] }));
    expect(await refusal(refused)).toMatchObject({ code: "MAPPING_COLUMN_MISSING" });
  });

  it("takes custom SQL from an admin alone, whom others do not get in the way of", async () => {
    const query = { sql: "select id, 'x' as note from people" };
    const refused = { code: "FORBIDDEN", params: { role: "admin" } };
    expect(await refusal(create({ query }))).toMatchObject(refused);
    expect(await refusal(as("editor").pipelines.plan(draft({ query })))).toMatchObject(refused);
    expect(await refusal(as("editor").pipelines.previewRows(draft({ query })))).toMatchObject(refused);
    expect(await refusal(as("editor").pipelines.preflight({ ...draft({ query }), name: "x" }))).toMatchObject(refused);
    const made = await as("admin").pipelines.create({ ...draft({ query }), name: newId() });
    const { id, mapping } = made;
    const changed = { ...mapping, exclude: ["note"] };
    expect((await as("editor").pipelines.update({ id, mapping: changed })).mapping).toEqual(changed);
    expect((await as("editor").pipelines.previewRows({ id })).columns).toEqual(["id"]);
    const other = { ...mapping, query: { sql: "select 1 as a", minutes: 60 } };
    expect(await refusal(as("editor").pipelines.update({ id, mapping: other }))).toMatchObject(refused);
    const ready = await as("editor").pipelines.preflight({ ...draft(changed), id, name: "x" });
    expect(ready.checks.find(({ name }) => name === "Plan")).toMatchObject({ status: "passed" });
    expect((await as("editor").pipelines.plan({ ...draft(changed), pipelineId: id })).refusal).toBeNull();
    const otherDraft = as("editor").pipelines.plan({ ...draft(other), pipelineId: id });
    expect(await refusal(otherDraft)).toMatchObject(refused);
  });

  it("is refused field by field where it makes no sense", async () => {
    const faults = async (mapping: object) => (await refusal(create(mapping))).fields;
    expect(await faults({ columns: [{ source: null, name: "x" }] })).toEqual(["mapping.columns.0.source"]);
    expect(
      await faults({
        columns: [{ source: "a", name: "x", transform: { kind: "cast", type: "int; drop table people" } }],
      }),
    ).toEqual(["mapping.columns.0.transform.type"]);
    expect(await faults({ columns: [{ source: "a", name: "" }] })).toEqual(["mapping.columns.0.name"]);
    expect(await faults({ sql: "x" })).toEqual(["mapping"]);
    const condition = { column: "a", operator: "equals", values: [] };
    expect((await refusal(create({ filter: { conditions: [condition as never] } }))).code).toBe("VALIDATION_FAILED");
  });
});
