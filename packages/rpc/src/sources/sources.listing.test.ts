import { type DataSourceOrder, newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
const organizationId = newId();
const as = (role: Parameters<TestPlatform["as"]>[0] = "admin") => test.as(role, organizationId);

const create = (name: string, changes: object = {}) =>
  as().sources.create({ name, connectionType: "postgresql", host: "db", database: "d", username: "u", ...changes });

const ids = new Map<string, string>();
beforeAll(async () => {
  test = await testPlatform();
  for (const [name, changes] of [
    ["Warehouse", { host: "pg.internal" }],
    ["Archive", { database: "shop_2020" }],
    ["Shop 100%", {}],
  ] as const) {
    ids.set(name, (await create(name, changes)).id);
  }
});
afterAll(() => test.close());
const idOf = (name: string) => ids.get(name) ?? "";

async function names(order: DataSourceOrder | undefined, limit: number): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await as("editor").sources.list({ limit, ...(order && { order }), ...(cursor && { cursor }) });
    found.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

describe("a list of data sources", () => {
  it.each([
    [undefined, ["Shop 100%", "Archive", "Warehouse"]],
    ["created", ["Warehouse", "Archive", "Shop 100%"]],
    ["name", ["Archive", "Shop 100%", "Warehouse"]],
    ["-name", ["Warehouse", "Shop 100%", "Archive"]],
  ] as const)("in the order %s is the same in pages of one and of many", async (order, expected) => {
    expect(await names(order, 1)).toEqual(expected);
    expect(await names(order, 2)).toEqual(expected);
    expect(await names(order, 50)).toEqual(expected);
  });

  it.each([
    ["ware", ["Warehouse"]],
    ["INTERNAL", ["Warehouse"]],
    ["2020", ["Archive"]],
    ["100%", ["Shop 100%"]],
    ["_", ["Archive"]],
    ["nothing", []],
  ])("searched for %s looks at names, hosts and databases, and takes it as text", async (search, expected) => {
    const { items } = await as("editor").sources.list({ search });
    expect(items.map(({ name }) => name)).toEqual(expected);
  });

  it("refuses a cursor whose data source was deleted, in the one order that needs it", async () => {
    const { id } = await create("AAA");
    const { nextCursor } = await as().sources.list({ limit: 1, order: "name" });
    await as().sources.delete({ id });
    expect((await refusal(as().sources.list({ order: "name", cursor: nextCursor ?? "" }))).code).toBe(
      "VALIDATION_FAILED",
    );
    expect((await as().sources.list({ order: "created", cursor: nextCursor ?? "" })).items).toEqual([]);
  });

  it("tells of each how many pipelines stand at either end of it, each counted once", async () => {
    const pipeline = (sourceId: string | null, destinationId: string | null) =>
      as().pipelines.create({ name: `p ${newId()}`, sourceId, destinationId, sourceTable: "public.a" });
    await pipeline(idOf("Archive"), idOf("Warehouse"));
    await pipeline(idOf("Archive"), idOf("Archive"));
    await pipeline(null, null);
    const { items } = await as("editor").sources.list({ order: "name" });
    expect(items.map(({ name, pipelineCount }) => [name, pipelineCount])).toEqual([
      ["Archive", 2],
      ["Shop 100%", 0],
      ["Warehouse", 1],
    ]);
  });
});

describe("a data source by itself", () => {
  it("tells which pipelines use it, at which end and for which table", async () => {
    const [from, to] = [await create("From"), await create("To")];
    const ends = { sourceId: from.id, sourceTable: "public.a", destinationId: to.id, destinationTable: "public.b" };
    const b = await as().pipelines.create({ name: "b", ...ends });
    const a = await as().pipelines.create({ name: "a", ...ends, destinationId: from.id });
    const shown = await as("editor").sources.get({ id: from.id });
    expect(shown.pipelineCount).toBe(2);
    expect(shown.pipelines).toEqual([
      {
        id: a.id,
        name: "a",
        status: "inactive",
        isSource: true,
        isDestination: true,
        sourceTable: "public.a",
        destinationTable: "public.b",
      },
      {
        id: b.id,
        name: "b",
        status: "inactive",
        isSource: true,
        isDestination: false,
        sourceTable: "public.a",
        destinationTable: null,
      },
    ]);
    expect((await as().sources.update({ id: to.id, name: "To!" })).pipelines.map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("the connectors of this build", () => {
  it("come with a form, an example and a guide", async () => {
    const connectors = await as("editor").sources.connectors();
    expect(connectors.map(({ type }) => type)).toEqual(["postgresql"]);
    for (const { form, exampleUrl, guide } of connectors) {
      expect(form.properties["password"]).toMatchObject({ isSecret: true });
      expect(await as().sources.parseUrl({ url: exampleUrl })).toMatchObject({ hasPassword: false });
      expect(guide.parts.map(({ purpose }) => purpose)).toEqual(["read", "write"]);
    }
  });
});

describe("a connection URL", () => {
  it("is answered as the fields of a form, without its password", async () => {
    const parsed = await as().sources.parseUrl({
      url: " postgres://ann:secret-of-a-url@db.example:6432/shop?sslmode=require ",
    });
    expect(parsed).toEqual({
      connectionType: "postgresql",
      host: "db.example",
      port: 6432,
      database: "shop",
      username: "ann",
      hasPassword: true,
      options: { sslmode: "require" },
    });
    expect(test.remembered).toContain("secret-of-a-url");
  });

  it.each([
    ["mysql://u:canary@h/d", "UNSUPPORTED"],
    ["postgres://u:canary@h", "VALIDATION_FAILED"],
    ["postgres://u@h/d?canary=1", "VALIDATION_FAILED"],
    ["canary", "VALIDATION_FAILED"],
  ])("that cannot be read is refused: %s", async (url, code) => {
    expect((await refusal(as().sources.parseUrl({ url }))).code).toBe(code);
  });
});
