import { testServer } from "@millrace/db/testing";
import { DEFAULT_LIMITS, DEFAULT_POLICIES, newId, PLAIN_MAPPING, type PlanDraft } from "@millrace/shared";
import { createServer } from "node:net";
import { once } from "node:events";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
let test: TestPlatform;
let shop: Client;
let warehouse: Client;
let sourceId: string;
let destinationId: string;

const editor = () => test.as("editor", organizationId);

async function dataSource(url: URL, changes: object = {}): Promise<string> {
  const { id } = await test.as("admin", organizationId).sources.create({
    name: `source ${newId()}`,
    connectionType: "postgresql",
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: url.password === "" ? null : decodeURIComponent(url.password),
    ...changes,
  });
  return id;
}

let warehouseUrl: URL;
beforeAll(async () => {
  test = await testPlatform();
  const server = await testServer();
  const shopUrl = new URL(await server.createDatabase("shop"));
  warehouseUrl = new URL(await server.createDatabase("warehouse"));
  shop = new Client({ connectionString: shopUrl.href });
  warehouse = new Client({ connectionString: warehouseUrl.href });
  await Promise.all([shop.connect(), warehouse.connect()]);
  await shop.query(`
    create table orders (id bigint primary key, at timestamptz not null, total numeric(12,2), note text);
    insert into orders select n, now(), n, 'note' from generate_series(1, 1000) n;
    analyze orders;`);
  sourceId = await dataSource(shopUrl);
  destinationId = await dataSource(warehouseUrl);
});
afterAll(async () => {
  await Promise.all([shop.end(), warehouse.end()]);
  await test.close();
});

const draft = (changes: Partial<PlanDraft> = {}): PlanDraft => ({
  mapping: PLAIN_MAPPING,
  limits: DEFAULT_LIMITS,
  sourceId,
  sourceTable: "public.orders",
  destinationId,
  destinationTable: `public.t_${newId().replaceAll("-", "")}`,
  writeMode: "replace",
  policies: DEFAULT_POLICIES,
  ...changes,
});

/** A table of the warehouse that is there already. */
async function existing(columns: string): Promise<string> {
  const table = `public.t_${newId().replaceAll("-", "")}`;
  await warehouse.query(`create table ${table} (${columns})`);
  return table;
}

describe("a plan", () => {
  it("says what a run would do, and changes nothing", async () => {
    const input = draft();
    const plan = await editor().pipelines.plan(input);
    expect(plan).toMatchObject({
      createsTable: true,
      wireFormat: "pg-binary",
      digestMethod: "record",
      verification: "full",
      estimatedRows: 1000,
      supportsRealtime: false,
      warnings: [],
      refusal: null,
    });
    expect(plan.estimatedBytes).toBeGreaterThan(10_000);
    expect(plan.columns.map(({ name, destinationType }) => [name, destinationType])).toEqual([
      ["id", "bigint"],
      ["at", "timestamp with time zone"],
      ["total", "numeric(12,2)"],
      ["note", "text"],
    ]);
    expect(plan.columns[0]).toMatchObject({ isPrimaryKey: true, isNullable: false, isCast: false, refusal: null });
    expect(plan.statements.join("\n")).toContain("create table");
    const { rows } = await warehouse.query("select to_regclass($1) as table", [input.destinationTable]);
    expect(rows[0]).toEqual({ table: null });
  });

  it("tells the parts of the pipeline's own run, by its limits, also where they are copied one after the other", async () => {
    const limits = { parallelism: 1, chunkBytes: 64 * 1024 };
    await shop.query(
      `create table many as select n as id, repeat(md5(n::text), 3) as note from generate_series(1, 3000) n`,
    );
    const fields = draft({ sourceTable: "public.many" });
    expect((await editor().pipelines.plan(fields)).chunkCount).toBe(1);
    const { chunkCount, statements } = await editor().pipelines.plan({ ...fields, limits });
    expect(chunkCount).toBeGreaterThan(3);
    expect(statements.join("\n")).toContain("_millrace");
    const { id } = await editor().pipelines.create({ name: newId(), ...fields, limits });
    expect((await editor().pipelines.plan({ id })).chunkCount).toBe(chunkCount);
  });

  it("is not verified where that is switched off", async () => {
    expect(
      await editor().pipelines.plan(draft({ policies: { ...DEFAULT_POLICIES, verification: "off" } })),
    ).toMatchObject({
      verification: "off",
      digestMethod: "record",
    });
  });

  it("tells which values are converted", async () => {
    const destinationTable = await existing("id numeric, at timestamptz, total text, note text");
    const plan = await editor().pipelines.plan(draft({ destinationTable }));
    expect(plan.refusal).toBeNull();
    expect(plan.columns.filter(({ isCast }) => isCast).map(({ name }) => name)).toEqual(["id", "total"]);
  });

  it("is of a stored pipeline by its id", async () => {
    const { id } = await editor().pipelines.create({ name: `pipeline ${newId()}`, ...draft() });
    expect((await editor().pipelines.plan({ id })).createsTable).toBe(true);
    const unset = await editor().pipelines.create({ name: `pipeline ${newId()}` });
    expect((await refusal(editor().pipelines.plan({ id: unset.id }))).code).toBe("PIPELINE_INCOMPLETE");
  });
});

describe("a plan that is refused", () => {
  it("names every column at fault, and shows the types of the others", async () => {
    const destinationTable = await existing("id integer, at date, total numeric(12,2)");
    const plan = await editor().pipelines.plan(draft({ destinationTable }));
    expect(plan.refusal).toMatchObject({ code: "TYPE_MISMATCH", side: "destination", column: "id" });
    expect(plan.columns.map(({ name, destinationType, refusal: why }) => [name, destinationType, why?.code])).toEqual([
      ["id", null, "TYPE_MISMATCH"],
      ["at", null, "TYPE_MISMATCH"],
      ["total", "numeric(12,2)", undefined],
      ["note", null, "COLUMN_MISSING"],
    ]);
    expect(plan).toMatchObject({ statements: [], createsTable: null, verification: null, estimatedRows: 1000 });
  });

  it("names a column that the destination insists on", async () => {
    const destinationTable = await existing(
      "id bigint, at timestamptz, total numeric(12,2), note text, region text not null",
    );
    const plan = await editor().pipelines.plan(draft({ destinationTable }));
    expect(plan.refusal).toMatchObject({ code: "COLUMN_REQUIRED", column: "region", side: "destination" });
    expect(plan.columns.every(({ refusal: why }) => why === null)).toBe(true);
  });

  it("names what depends on the table", async () => {
    const destinationTable = await existing("id bigint, at timestamptz, total numeric(12,2), note text");
    await warehouse.query(`create view v_${destinationTable.slice(7)} as select id from ${destinationTable}`);
    const plan = await editor().pipelines.plan(draft({ destinationTable }));
    expect(plan.refusal).toMatchObject({ code: "DEPENDENT_OBJECTS", column: null, side: "destination" });
    expect((await editor().pipelines.plan(draft({ destinationTable, writeMode: "append" }))).refusal).toBeNull();
  });

  it("says so of a source table that is not there", async () => {
    const plan = await editor().pipelines.plan(draft({ sourceTable: "public.gone" }));
    expect(plan).toMatchObject({ columns: [], refusal: { code: "SOURCE_TABLE_MISSING", side: "source" } });
  });

  it("says so of one table at both ends", async () => {
    const plan = await editor().pipelines.plan(draft({ destinationId: sourceId, destinationTable: "public.orders" }));
    expect(plan.refusal?.code).toBe("SOURCE_EQUALS_DESTINATION");
  });

  it("says which end cannot be reached", async () => {
    const closed = await dataSource(warehouseUrl, { port: 1, password: null });
    expect((await editor().pipelines.plan(draft({ destinationId: closed }))).refusal).toMatchObject({
      code: "CONNECTION_REFUSED",
      side: "destination",
    });
    expect((await editor().pipelines.plan(draft({ sourceId: closed }))).refusal).toMatchObject({
      code: "CONNECTION_REFUSED",
      side: "source",
    });
  });

  it("says which end kept it waiting", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const waiting = await dataSource(warehouseUrl, { host: "127.0.0.1", port, password: null });
    const plan = await editor().pipelines.plan(draft({ destinationId: waiting }));
    expect(plan.refusal).toMatchObject({ code: "CONNECTION_TIMEOUT", side: "destination" });
    silent.close();

    await shop.query("begin; lock table orders in access exclusive mode");
    const locked = await editor().pipelines.plan(draft());
    await shop.query("rollback");
    expect(locked.refusal).toMatchObject({ code: "CONNECTION_TIMEOUT", side: "source" });
  });

  it("is an error where a data source was deleted meanwhile", async () => {
    expect(await refusal(editor().pipelines.plan(draft({ destinationId: newId() })))).toMatchObject({
      code: "SOURCE_UNKNOWN",
      params: { side: "destination" },
    });
  });
});

describe("a pre-flight", () => {
  const named = async (changes: Partial<PlanDraft> & { name?: string; schedule?: string; id?: string } = {}) => {
    const { isReady, checks } = await editor().pipelines.preflight({ name: `new ${newId()}`, ...draft(), ...changes });
    const found = (name: string) => checks.filter((check) => check.name === name);
    return { isReady, checks, found };
  };

  it("passes where nothing is in the way", async () => {
    const { isReady, checks } = await named({ schedule: "0 3 * * *" });
    expect(checks.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(isReady).toBe(true);
    expect(checks.map(({ name, group }) => `${group}: ${name}`)).toEqual([
      "required: Name",
      "required: Schedule",
      "required: Source",
      "required: Destination",
      "required: Source table",
      "required: Plan",
      "required: Privileges",
      "warning: Existing rows",
      "warning: Verification",
      "warning: Other pipelines",
    ]);
  });

  it("finds a name that is taken and a schedule that is none", async () => {
    const taken = await editor().pipelines.create({ name: `taken ${newId()}` });
    const { isReady, found } = await named({ name: taken.name, schedule: "* * * * * *" });
    expect(isReady).toBe(false);
    expect(found("Name")).toMatchObject([{ status: "failed", code: "PIPELINE_NAME_TAKEN" }]);
    expect(found("Schedule")).toMatchObject([{ status: "failed", code: "SCHEDULE_INVALID" }]);
    expect((await named({ name: taken.name, id: taken.id })).isReady).toBe(true);
  });

  it("leaves out what stands on something that failed", async () => {
    const closed = await dataSource(warehouseUrl, { port: 1, password: null });
    const { found, isReady } = await named({ destinationId: closed });
    expect(isReady).toBe(false);
    expect(found("Source")).toMatchObject([{ status: "passed" }]);
    expect(found("Destination")).toMatchObject([{ status: "failed", code: "CONNECTION_REFUSED" }]);
    expect(found("Plan")).toMatchObject([{ status: "skipped" }]);
  });

  it("tells what the destination's user may not do", async () => {
    const role = `r_${newId().replaceAll("-", "")}`;
    await warehouse.query(`create role ${role} login password 'only for a test'; create schema _millrace`);
    const limited = await dataSource(warehouseUrl, { username: role, password: "only for a test" });
    try {
      expect(
        (await named({ destinationId: limited, destinationTable: "public.fresh" })).found("Privileges"),
      ).toMatchObject([
        { status: "failed", code: "PRIVILEGE_MISSING", message: expect.stringContaining("schema public") },
      ]);
      const theirs = await existing("id bigint, at timestamptz, total numeric(12,2), note text");
      await warehouse.query(`grant create on schema public to ${role}`);
      const replaced = await named({ destinationId: limited, destinationTable: theirs });
      expect(replaced.found("Privileges")[0]?.message).toContain(`table ${theirs}`);
      await warehouse.query(`grant insert on ${theirs} to ${role}`);
      const appended = await named({ destinationId: limited, destinationTable: theirs, writeMode: "append" });
      expect(appended.found("Privileges")[0]?.message).toContain("schema _millrace");
      await warehouse.query(`grant usage, create on schema _millrace to ${role}`);
      const allowed = await named({ destinationId: limited, destinationTable: theirs, writeMode: "append" });
      expect(allowed.found("Privileges")).toMatchObject([{ status: "passed" }]);
    } finally {
      await warehouse.query(`drop schema _millrace; drop owned by ${role}; drop role ${role}`);
    }
  });

  it("warns of rows that would be replaced, of no verification, and of another pipeline there", async () => {
    const destinationTable = await existing("id bigint unique, at timestamptz, total numeric(12,2), note text");
    await warehouse.query(
      `insert into ${destinationTable} (id) select generate_series(1, 5000); analyze ${destinationTable}`,
    );
    const other = await editor().pipelines.create({
      name: `other ${newId()}`,
      destinationId,
      destinationTable: destinationTable.replace("public.", ""),
    });
    const { isReady, found } = await named({
      destinationTable,
      policies: { ...DEFAULT_POLICIES, verification: "off" },
    });
    expect(isReady).toBe(true);
    expect(found("Existing rows")[0]?.message).toContain("about 5,000 rows, and each run replaces its rows");
    const policies = { ...DEFAULT_POLICIES, key: ["id"] };
    const keyed = { destinationTable, writeMode: "merge" as const, policies };
    expect((await named(keyed)).found("Existing rows")).toMatchObject([{ status: "passed" }]);
    const deletes = { ...DEFAULT_POLICIES.deletes, mode: "hard" } as const;
    const deleting = await named({ ...keyed, policies: { ...policies, deletes } });
    expect(deleting.found("Existing rows")[0]?.message).toContain("whose key the source does not have are deleted");
    expect((await named({ writeMode: "append" })).found("Existing rows")[0]?.message).toContain("A row whose id is in");
    expect((await named({ destinationTable, writeMode: "append" })).found("Existing rows")).toMatchObject([
      { status: "passed" },
    ]);
    expect(found("Verification")).toMatchObject([{ status: "warning" }]);
    expect(found("Other pipelines")[0]?.message).toContain(other.name);
    expect((await named({ destinationTable, id: other.id })).found("Other pipelines")).toMatchObject([
      { status: "passed" },
    ]);
  });
});

describe("a suggestion", () => {
  const suggest = (changes = {}) =>
    editor().pipelines.suggest({ sourceId, sourceTable: "public.orders", destinationId, ...changes });

  it("is the source's own table name, and a name that says what it is", async () => {
    const { name: destination } = await editor().sources.get({ id: destinationId });
    expect(await suggest()).toEqual({ name: `orders to ${destination}`, destinationTable: "public.orders" });
  });

  it("is free, whichever way the others are written", async () => {
    const first = await suggest();
    await editor().pipelines.create({ name: first.name, destinationId, destinationTable: '"orders"' });
    const second = await suggest();
    expect(second).toEqual({ name: `${first.name} 2`, destinationTable: "public.orders_copy" });
  });

  it("is another table within one database, and no longer than a name may be", async () => {
    expect((await suggest({ destinationId: sourceId })).destinationTable).toBe("public.orders_copy");
    const long = `${"ä".repeat(30)}abc`;
    const { destinationTable } = await suggest({ destinationId: sourceId, sourceTable: `public.${long}` });
    expect(destinationTable).toBe(`public.${"ä".repeat(29)}_copy`);
  });
});
