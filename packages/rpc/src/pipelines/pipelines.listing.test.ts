import { newId, type PipelineSort, type SortOrder } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
let superuser: Client;
beforeAll(async () => {
  test = await testPlatform();
  superuser = new Client({ connectionString: test.superuserUrl });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await test.close();
});

interface Fields {
  readonly name: string;
  readonly status?: string;
  readonly lastRunAt?: string | null;
  readonly nextRunAt?: string | null;
  readonly mode?: string;
}

async function insert(organizationId: string, fields: Fields): Promise<string> {
  const id = newId();
  const { name, status = "inactive", lastRunAt = null, nextRunAt = null, mode = "batch" } = fields;
  await superuser.query(
    `insert into pipelines (id, organization_id, name, status, last_run_at, next_run_at, mode, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, 'a test')`,
    [id, organizationId, name, status, lastRunAt, nextRunAt, mode],
  );
  return id;
}

/** Every name in the order of the list, in pages of two, and how many pages that took. */
async function walk(organizationId: string, sort: PipelineSort, order: SortOrder, limit = 2): Promise<string[]> {
  const { pipelines } = test.as("viewer", organizationId);
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await pipelines.list({ sort, order, limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return names;
}

describe("the order of the list", () => {
  const organizationId = newId();
  beforeAll(async () => {
    // Two moments that differ by a microsecond only, ties, and nothing at all, in the order of their making.
    for (const fields of [
      { name: "b", status: "active", lastRunAt: "2026-01-02T00:00:00.000001Z", nextRunAt: "2026-02-01T00:00:00Z" },
      { name: "A", status: "failed", lastRunAt: "2026-01-02T00:00:00.000002Z" },
      { name: "Ça", status: "running", nextRunAt: "2026-02-01T00:00:00Z" },
      { name: "c", status: "inactive", lastRunAt: "2026-01-01T00:00:00Z" },
      { name: "10%", status: "failed", lastRunAt: "2026-01-01T00:00:00Z", nextRunAt: "2026-01-31T00:00:00Z" },
      { name: "D", status: "inactive" },
      { name: "z", status: "active", lastRunAt: "2026-01-01T00:00:00Z" },
    ] satisfies Fields[]) {
      await insert(organizationId, fields);
    }
  });

  it.each<[PipelineSort, SortOrder, string[]]>([
    ["created", "desc", ["z", "D", "10%", "c", "Ça", "A", "b"]],
    ["created", "asc", ["b", "A", "Ça", "c", "10%", "D", "z"]],
    ["name", "asc", ["10%", "A", "b", "c", "D", "z", "Ça"]],
    ["name", "desc", ["Ça", "z", "D", "c", "b", "A", "10%"]],
    ["status", "asc", ["A", "10%", "Ça", "b", "z", "c", "D"]],
    ["status", "desc", ["D", "c", "z", "b", "Ça", "10%", "A"]],
    ["lastRun", "asc", ["c", "10%", "z", "b", "A", "Ça", "D"]],
    ["lastRun", "desc", ["A", "b", "z", "10%", "c", "D", "Ça"]],
    ["nextRun", "asc", ["10%", "b", "Ça", "A", "c", "D", "z"]],
    ["nextRun", "desc", ["Ça", "b", "10%", "z", "D", "c", "A"]],
  ])("by %s, %s, shows each pipeline once, whatever the pages' size", async (sort, order, expected) => {
    for (const limit of [1, 2, 3, 7]) expect(await walk(organizationId, sort, order, limit)).toEqual(expected);
  });

  it("goes on where it was when a pipeline that ended the page is gone", async () => {
    const own = newId();
    for (const name of ["a", "b", "c"]) await insert(own, { name });
    const { pipelines } = test.as("editor", own);
    const first = await pipelines.list({ sort: "name", order: "asc", limit: 2 });
    await pipelines.delete({ id: first.items[1]?.id ?? "" });
    const second = await pipelines.list({ sort: "name", order: "asc", limit: 2, cursor: first.nextCursor ?? "" });
    expect(second.items.map(({ name }) => name)).toEqual(["c"]);
  });

  it("refuses a cursor of another order, and one that is made up", async () => {
    const { pipelines } = test.as("viewer", organizationId);
    const { nextCursor } = await pipelines.list({ sort: "name", order: "asc", limit: 1 });
    const forged = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
    for (const input of [
      { sort: "name", order: "desc", cursor: nextCursor ?? "" },
      { sort: "lastRun", order: "asc", cursor: nextCursor ?? "" },
      { sort: "created", order: "asc", cursor: nextCursor ?? "" },
      { sort: "lastRun", order: "asc", cursor: forged(["lastRun", "asc", "yesterday", newId()]) },
      { sort: "status", order: "asc", cursor: forged(["status", "asc", "9", newId()]) },
      { sort: "status", order: "asc", cursor: forged(["status", "asc", null, newId()]) },
      { sort: "name", order: "asc", cursor: forged(["name", "asc", "a\0", newId()]) },
      { sort: "name", order: "asc", cursor: "%%%" },
    ] as const) {
      expect((await refusal(pipelines.list(input))).code).toBe("VALIDATION_FAILED");
    }
  });

  it("takes a name as long as a name can be", async () => {
    const own = newId();
    for (const letter of ["a", "b"]) await insert(own, { name: letter + "🚰".repeat(127) });
    expect(await walk(own, "name", "asc", 1)).toHaveLength(2);
  });
});

describe("what narrows the list", () => {
  const organizationId = newId();
  let ids: string[];
  let sourceId: string;
  beforeAll(async () => {
    const source = await test.as("admin", organizationId).sources.create({
      name: "the shop",
      connectionType: "postgresql",
      host: "db.example.org",
      database: "shop",
      username: "reader",
    });
    sourceId = source.id;
    ids = await Promise.all([
      insert(organizationId, { name: "orders", status: "failed" }),
      insert(organizationId, { name: "orders by the minute", status: "active", mode: "realtime" }),
      insert(organizationId, { name: "customers", status: "active" }),
    ]);
    const { pipelines } = test.as("editor", organizationId);
    await pipelines.update({ id: ids[0] ?? "", sourceId, sourceTable: "public.orders" });
    await pipelines.update({ id: ids[2] ?? "", destinationId: sourceId });
  });
  const names = async (input: Parameters<ReturnType<TestPlatform["as"]>["pipelines"]["list"]>[0]) => {
    const { items } = await test.as("viewer", organizationId).pipelines.list({ sort: "name", order: "asc", ...input });
    return items.map(({ name }) => name);
  };

  it("works alone and together", async () => {
    expect(await names({ status: "active" })).toEqual(["customers", "orders by the minute"]);
    expect(await names({ mode: "realtime" })).toEqual(["orders by the minute"]);
    expect(await names({ sourceId })).toEqual(["orders"]);
    expect(await names({ destinationId: sourceId })).toEqual(["customers"]);
    expect(await names({ search: "ORDERS", status: "active" })).toEqual(["orders by the minute"]);
    expect(await names({ ids: ids.slice(0, 2) })).toEqual(["orders", "orders by the minute"]);
    expect(await names({ ids: ids.slice(0, 2), status: "failed" })).toEqual(["orders"]);
    expect((await refusal(names({ search: "a\0b" }))).code).toBe("VALIDATION_FAILED");
  });

  it("is counted state by state under the other filters", async () => {
    const { pipelines } = test.as("viewer", organizationId);
    expect(await pipelines.counts({})).toEqual({ inactive: 0, active: 2, running: 0, failed: 1 });
    expect(await pipelines.counts({ search: "orders" })).toEqual({ inactive: 0, active: 1, running: 0, failed: 1 });
    expect(await test.as("owner", newId()).pipelines.counts({})).toEqual({
      inactive: 0,
      active: 0,
      running: 0,
      failed: 0,
    });
  });

  it("tells the ends by name to those who may see data sources", async () => {
    const ends = async (role: "viewer" | "editor") => {
      const { items } = await test.as(role, organizationId).pipelines.list({ ids: ids.slice(0, 1) });
      return [items[0]?.source, items[0]?.destination, items[0]?.sourceTable];
    };
    expect(await ends("editor")).toEqual([{ name: "the shop", connectionType: "postgresql" }, null, "public.orders"]);
    expect(await ends("viewer")).toEqual([null, null, "public.orders"]);
  });
});

describe("what a pipeline shows of its runs in the list", () => {
  it("is the last one and how the last ten stand, newest first", async () => {
    const organizationId = newId();
    const id = await insert(organizationId, { name: "p" });
    const other = await insert(organizationId, { name: "never run" });
    const statuses = ["failed", "failed", ...Array.from({ length: 9 }, () => "success")];
    for (const status of statuses) {
      await superuser.query(
        `insert into pipeline_runs (id, organization_id, pipeline_id, status, trigger, start_time, end_time, records_processed, proof)
         values ($1, $2, $3, $4, 'manual', '2026-01-01T00:00:00Z', '2026-01-01T00:00:02.5Z', 7, '{"isVerified": true, "verification": "full"}')`,
        [newId(), organizationId, id, status],
      );
    }
    const runId = newId();
    await superuser.query(
      `insert into pipeline_runs (id, organization_id, pipeline_id, status, trigger, start_time, progress)
       values ($1, $2, $3, 'running', 'manual', '2026-01-01T00:01:00Z', '{"rows": 4200000000}')`,
      [runId, organizationId, id],
    );
    const { items } = await test.as("viewer", organizationId).pipelines.list({ sort: "name", order: "desc" });
    expect(items.map((item) => [item.id, item.lastRun, item.recentRuns])).toEqual([
      [
        id,
        {
          id: runId,
          status: "running",
          startTime: "2026-01-01T00:01:00.000Z",
          endTime: null,
          recordsProcessed: 4_200_000_000,
          isVerified: null,
          verification: null,
        },
        ["running", ...Array.from({ length: 9 }, () => "success")],
      ],
      [other, null, []],
    ]);
  });
});

it("finds each page of ten thousand pipelines by an index and looks at no more runs than it shows", async () => {
  const organizationId = newId();
  await superuser.query(
    `insert into pipelines (id, organization_id, name, status, last_run_at, next_run_at, created_by)
     select gen_random_uuid(), $1, 'pipeline ' || n, (array['active', 'failed', 'inactive'])[1 + n % 3],
       now() - n * interval '1 s', now() + n * interval '1 s', 'a test' from generate_series(1, 10000) n`,
    [organizationId],
  );
  await superuser.query("analyze pipelines");
  const seen: string[] = [];
  const em = test.platform.store.forOrganization(organizationId);
  for (const orderBy of [
    "p.id desc",
    "lower(p.name) asc nulls last, p.id asc",
    "(case p.status when 'failed' then 0 when 'running' then 1 when 'active' then 2 else 3 end) asc nulls last, p.id asc",
    "p.last_run_at desc nulls last, p.id desc",
    "p.next_run_at asc nulls last, p.id asc",
  ]) {
    const plan = await em.execute<{ "QUERY PLAN": string }[]>(
      `explain select p.id from pipelines p where p.organization_id = ? order by ${orderBy} limit 51`,
      [organizationId],
    );
    seen.push(plan.map((line) => line["QUERY PLAN"]).join("\n"));
  }
  for (const plan of seen) {
    expect(plan).toContain("Index");
    expect(plan).not.toMatch(/Seq Scan|Sort\b/);
  }
});
