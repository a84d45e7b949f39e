import { newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Organization, type TestApi, testApi } from "./testing/test-api.ts";
import { reachable } from "./testing/walk.ts";

let api: TestApi;
let organization: Organization;
beforeAll(async () => {
  api = await testApi();
  organization = await api.organization("REST");
});
afterAll(() => api.close());

const call = (method: string, path: string, body?: unknown) =>
  api.call(method, path, { as: organization.admin, ...(body === undefined ? {} : { body }) });

async function createSource() {
  const { connectionType, ...fields } = (await reachable()) as { connectionType: string };
  return call("POST", "/api/data-sources", { name: newId(), connection_type: connectionType, ...fields });
}

describe("a pipeline over REST", () => {
  const policies = {
    key: ["id"],
    deletes: { mode: "soft", column: "goneAt", max_percent: 10 },
    incremental: { cursor: "updatedAt", nulls: "fail", barrier_seconds: 5, lag: null },
    max_shrink_percent: null,
  };

  it("has its policies in snake_case as well, and keeps the names in them as they are", async () => {
    const created = await call("POST", "/api/pipelines", { name: newId(), write_mode: "merge", policies });
    expect(created.json).toMatchObject({ write_mode: "merge", policies });
    const changed = await call("PUT", `/api/pipelines/${created.json.id}`, { policies: { deletes: { mode: "hard" } } });
    expect(changed.json.policies).toMatchObject({ key: null, deletes: { mode: "hard", max_percent: 50 } });
    const refused = await call("PUT", `/api/pipelines/${created.json.id}`, { policies: { max_percent: 3 } });
    expect(refused.json).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
  });

  it("says how many connections its runs take at each end", async () => {
    const { json } = await call("POST", "/api/pipelines", { name: newId() });
    expect(json.limits).toEqual({ parallelism: 2 });
    const limits = { parallelism: 8, chunk_bytes: 1024 * 1024 };
    expect((await call("PUT", `/api/pipelines/${json.id}`, { limits })).json.limits).toEqual(limits);
    expect((await call("PUT", `/api/pipelines/${json.id}`, { limits: { parallelism: 17 } })).status).toBe(400);
  });

  it("is read once more over a window by one call", async () => {
    const { id: source_id } = (await createSource()).json;
    const ends = { source_id, source_table: "public.a", destination_id: source_id, destination_table: "public.b" };
    const { json } = await call("POST", "/api/pipelines", { name: newId(), write_mode: "merge", policies, ...ends });
    const started = await call("POST", `/api/pipelines/${json.id}/backfill`, { from: "2026-01-01", to: "2026-02-01" });
    expect(started).toMatchObject({ status: 202, json: { message: "Backfill started", run_id: expect.any(String) } });
    await call("POST", `/api/runs/${started.json.run_id}/cancel`);
  });
});

describe("a data source over REST", () => {
  it("is spelled in snake_case, its options as they were written", async () => {
    const created = await call("POST", "/api/data-sources", {
      name: newId(),
      connection_type: "postgresql",
      host: "db.example.org",
      database: "shop",
      username: "reader",
      password: "a long password",
      options: { sslmode: "verify-full", sslRootCert: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" },
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      connection_type: "postgresql",
      has_password: true,
      organization_id: organization.id,
    });
    expect(Object.keys(created.json.options)).toEqual(["sslmode", "sslRootCert"]);
  });

  it("may be sent back as it came, and takes no field that it does not have", async () => {
    const { json } = await createSource();
    const changed = await call("PUT", `/api/data-sources/${json.id}`, {
      ...json,
      name: "sent back",
      organization_id: newId(),
    });
    expect(changed.json).toEqual({ ...json, name: "sent back", updated_at: changed.json.updated_at });
    for (const extra of [{ sslrootcert: "/etc/passwd" }, { secret: "x" }, { user: "root" }]) {
      const refused = await call("PUT", `/api/data-sources/${json.id}`, { ...json, ...extra });
      expect(refused.json).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
      expect(refused.json.error).toContain(Object.keys(extra)[0]);
    }
  });

  it("is tested, and its tables looked into by their URL-encoded name", async () => {
    const { id } = (await createSource()).json;
    expect((await call("POST", `/api/data-sources/${id}/test`)).json).toMatchObject({
      is_ok: true,
      checks: expect.any(Array),
    });
    expect((await call("GET", `/api/data-sources/${id}/tables`)).status).toBe(200);
    const table = encodeURIComponent('pg_catalog."pg_class"');
    const columns = await call("GET", `/api/data-sources/${id}/tables/${table}/columns`);
    expect(columns.json[0]).toEqual({
      name: "oid",
      type: "oid",
      is_nullable: false,
      is_primary_key: true,
      is_generated: false,
    });
    const preview = await call("GET", `/api/data-sources/${id}/tables/${table}/preview?limit=2`);
    expect(preview.json.rows).toHaveLength(2);
    expect((await call("GET", `/api/data-sources/${id}/tables/none/columns`)).json.code).toBe("SOURCE_TABLE_MISSING");
  });

  it("that a pipeline uses is not deleted, and says which", async () => {
    const { id } = (await createSource()).json;
    const pipeline = await call("POST", "/api/pipelines", { name: newId(), source_id: id });
    const refused = await call("DELETE", `/api/data-sources/${id}`);
    expect(refused.json).toMatchObject({ status: 409, code: "DATA_SOURCE_IN_USE" });
    expect(refused.json.error).toContain(pipeline.json.name);
    await call("DELETE", `/api/pipelines/${pipeline.json.id}`);
    expect((await call("DELETE", `/api/data-sources/${id}`)).json).toEqual({
      message: "Data source deleted successfully",
    });
  });
});

describe("a pipeline over REST", () => {
  const complete = async (changes: object = {}) => {
    const { id } = (await createSource()).json;
    const ends = { source_id: id, source_table: "public.a", destination_id: id, destination_table: "public.b" };
    return (await call("POST", "/api/pipelines", { name: newId(), ...ends, ...changes })).json;
  };

  it("is triggered once: 202, then 409 while the run is active, whose run is found, cancelled and retried", async () => {
    const { id } = await complete();
    const started = await call("POST", `/api/pipelines/${id}/trigger`);
    expect([started.status, started.json]).toEqual([
      202,
      { message: expect.any(String), run_id: expect.any(String), status: "pending" },
    ]);
    expect((await call("POST", `/api/pipelines/${id}/trigger`, {})).json).toMatchObject({
      status: 409,
      code: "RUN_ACTIVE",
    });
    const run = `/api/runs/${started.json.run_id}`;
    expect((await call("GET", run)).json).toMatchObject({
      id: started.json.run_id,
      pipeline_id: id,
      trigger: "api",
      log: "",
    });
    expect((await call("GET", `/api/pipelines/${id}`)).json.runs).toHaveLength(1);
    expect((await call("GET", `/api/pipelines/${id}/runs?status=pending`)).json).toHaveLength(1);
    expect((await call("GET", `${run}/log?after_seq=0`)).json).toEqual([]);
    expect((await call("POST", `${run}/retry`)).json.code).toBe("RUN_STILL_ACTIVE");
    expect((await call("POST", `${run}/cancel`)).json.status).toBe("cancelled");
    expect((await call("POST", `${run}/cancel`)).json.code).toBe("RUN_NOT_ACTIVE");
    expect((await call("POST", `${run}/retry`)).status).toBe(202);
  });

  it("is listed in the shape that it has alone, and its history in the words of this door", async () => {
    const { id } = (await call("POST", "/api/pipelines", { name: newId(), source_table: "public.a" })).json;
    const { runs, mapping, waiting_schema, ...alone } = (await call("GET", `/api/pipelines/${id}`)).json;
    expect(runs).toEqual([]);
    expect(waiting_schema).toBeNull();
    expect(mapping).toEqual({ columns: [], rest: "keep", exclude: [], filter: null, query: null });
    expect((await call("GET", "/api/pipelines?limit=1")).json).toEqual([alone]);
    await call("PUT", `/api/pipelines/${id}`, { source_table: "public.b" });
    const history = await call("GET", `/api/pipelines/${id}/history?limit=1`);
    expect(history.json).toMatchObject([
      {
        action: "pipelines.update",
        subject_id: id,
        changes: [{ field: "source_table", values: { before: "public.a", after: "public.b" } }],
      },
    ]);
    expect(history.headers["link"]).toContain('rel="next"');
  });

  it("takes back the mapping that it gave, and never gives the mask key", async () => {
    const mapping = {
      columns: [{ source: "email", name: "email", transform: { kind: "partial", first: 2, last: 0 } }],
      rest: "drop",
      exclude: [],
      filter: { match: "any", conditions: [{ column: "id", operator: "not_in", values: ["1", "2"] }] },
      query: null,
    };
    const made = await call("POST", "/api/pipelines", { name: newId(), mapping, mask_key: "canary-mask-key-0123" });
    expect(made.json).toMatchObject({ mapping, has_mask_key: true });
    const { id } = made.json;
    const again = await call("PUT", `/api/pipelines/${id}`, { ...made.json, description: "x" });
    expect(again.json).toMatchObject({ mapping, has_mask_key: true, description: "x" });
    const read = await call("GET", `/api/pipelines/${id}`);
    for (const { json } of [made, again, read]) expect(JSON.stringify(json)).not.toContain("canary");
  });

  it("of mode realtime is stored, and its trigger answers 400 and says so", async () => {
    const { id, mode } = await complete({ mode: "realtime" });
    expect(mode).toBe("realtime");
    const refused = await call("POST", `/api/pipelines/${id}/trigger`);
    expect(refused.json).toMatchObject({ status: 400, code: "UNSUPPORTED" });
    expect(refused.json.error).toContain("realtime");
  });

  it("without ends names each that is missing", async () => {
    const { id } = (await call("POST", "/api/pipelines", { name: newId(), source_table: "public.a" })).json;
    expect((await call("POST", `/api/pipelines/${id}/trigger`)).json).toMatchObject({
      status: 400,
      error: "The pipeline cannot run: source, destination, destination table not set",
      validation_errors: ["The source is not set", "The destination is not set", "The destination table is not set"],
    });
  });

  it("takes only two states from outside", async () => {
    const { id } = (await call("POST", "/api/pipelines", { name: newId(), schedule: "0 0 * * *" })).json;
    for (const status of ["running", "failed", "paused", "", null, 1]) {
      expect((await call("PUT", `/api/pipelines/${id}`, { status })).status).toBe(400);
    }
    expect((await call("PUT", `/api/pipelines/${id}`, { status: "active" })).json).toMatchObject({
      status: "active",
      next_run_at: expect.stringMatching(/T00:00:00.000Z$/),
    });
  });

  it("comes in pages that a Link leads through", async () => {
    const other = await api.organization("Paged");
    for (const name of ["one", "two", "three"]) await other.editor.caller.pipelines.create({ name, status: "active" });
    const seen: string[] = [];
    let path: string | undefined = "/api/pipelines?limit=2&status=active";
    while (path !== undefined) {
      const page = await api.call("GET", path, { as: other.viewer });
      expect(page.status).toBe(200);
      seen.push(...page.json.map(({ name }: { name: string }) => name));
      path = /^<([^>]+)>; rel="next"$/.exec(String(page.headers["link"] ?? ""))?.[1];
    }
    expect(seen).toEqual(["three", "two", "one"]);
  });

  it("names a field that is wrong as REST spells it", async () => {
    const refused = await call("POST", "/api/pipelines", { name: "x", source_id: "7", destination_table: 5 });
    expect(refused.json.validation_errors).toHaveLength(2);
    expect(refused.json.error).toMatch(/^source_id: .*; destination_table: /);
  });
});
