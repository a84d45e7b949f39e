import { newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REST_ROUTES } from "./rest/routes.ts";
import { type Organization, PASSWORD, SECRET_KEY, type TestApi, testApi } from "./testing/test-api.ts";
import { belongingsOf, INPUTS, PROCEDURES, reachable } from "./testing/walk.ts";

const CANARY = `canary-${newId()}`;

let api: TestApi;
let organization: Organization;
const answers: string[] = [];
beforeAll(async () => {
  api = await testApi();
  organization = await api.organization("Secrets");
});
afterAll(() => api.close());

const call = async (...args: Parameters<TestApi["call"]>) => {
  const answer = await api.call(...args);
  answers.push(JSON.stringify([args[0], args[1], answer.headers, answer.text]));
  return answer;
};

/** What each procedure answers to a caller who may do everything, its input good and bad. */
async function crawl(sourceId: string) {
  const own = { ...(await belongingsOf(api, organization)), sourceId, unusedSourceId: sourceId };
  const as = organization.owner;
  for (const { path, type } of PROCEDURES.filter(
    (procedure) => procedure.type !== "subscription" && procedure.path !== "sources.delete",
  )) {
    const input = INPUTS[path]?.(own);
    for (const sent of [input, { ...input, garbage: true }]) {
      if (type === "mutation") await call("POST", `/trpc/${path}`, { as, body: sent ?? {} });
      else await call("GET", `/trpc/${path}?input=${encodeURIComponent(JSON.stringify(sent ?? null))}`, { as });
    }
  }
  for (const { method, url } of REST_ROUTES.filter((route) => route.method === "GET")) {
    const path = url
      .replace(":table", "public.none")
      .replace(/:(pipelineId|id)/, url.includes("data-sources") ? sourceId : own.pipelineId);
    await call(method, path, { as });
  }
  await call("GET", "/api/openapi.json");
}

// security.md S13, S14
describe("a secret", () => {
  it("that was written once is in no answer, no line of the log and, in clear text, no row of the database", async () => {
    const as = organization.admin;
    const body = {
      ...(await reachable()),
      connection_type: "postgresql",
      connectionType: undefined,
      password: CANARY,
      name: "canary",
    };
    const created = await call("POST", "/api/data-sources", { as, body });
    expect(created.status).toBe(201);
    const { id } = created.json;
    await crawl(id);
    await call("PUT", `/api/data-sources/${id}`, { as, body: { name: "renamed", password: CANARY } });
    await call("PUT", `/api/data-sources/${id}`, { as, body: { password: { nested: CANARY } } });
    await call("POST", "/api/data-sources", { as, body: { ...body, name: "canary", options: { nonsense: CANARY } } });
    await call("POST", "/api/data-sources", { as, body: { ...body, port: CANARY } });
    for (const draft of [
      { ...(await reachable()), password: CANARY },
      { ...(await reachable()), username: "nobody", password: CANARY },
      { ...(await reachable()), password: CANARY, options: { sslrootcert: CANARY } },
      { ...(await reachable()), password: CANARY, port: CANARY },
      { ...(await reachable()), id, password: undefined },
      { ...(await reachable()), id, port: 1, password: undefined },
    ]) {
      await call("POST", "/trpc/sources.testDraft", { as, body: draft });
    }
    for (const url of [
      `postgres://ann:${CANARY}@db.example.org/shop`,
      `postgres://ann:${CANARY}#@db.example.org/shop`,
      `postgres://ann:${CANARY}@/shop`,
      `postgres://ann@db.example.org/shop?sslpassword=${CANARY}`,
      `mysql://ann:${CANARY}@db.example.org/shop`,
      CANARY,
    ]) {
      await call("POST", "/trpc/sources.parseUrl", { as, body: { url } });
    }
    await call("POST", "/login", { body: { email: as.email, password: CANARY } });
    await call("POST", "/login", { body: { email: CANARY, password: PASSWORD } });
    await call("POST", "/api/data-sources", {
      as,
      headers: { "content-type": "application/json" },
      body: `{"password": "${CANARY}`,
    });

    const { rows: tables } = await api.admin.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const dump: string[] = [];
    for (const { name } of tables) dump.push(JSON.stringify((await api.admin.query(`select * from ${name}`)).rows));

    for (const secret of [CANARY, SECRET_KEY]) {
      expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
      expect(api.log.filter((line) => line.includes(secret))).toEqual([]);
      expect(dump.filter((rows) => rows.includes(secret))).toEqual([]);
    }
    expect(api.log.filter((line) => line.includes(PASSWORD))).toEqual([]);
    expect(answers.length).toBeGreaterThan(50);
  });

  it("of a user is nowhere either: no hash, no session, no token", async () => {
    const { rows } = await api.admin.query<{ password: string }>("select password from auth.account");
    const { rows: sessions } = await api.admin.query<{ token: string }>("select token from auth.session");
    const everything = [...answers.filter((answer) => !answer.includes("/login")), ...api.log].join("\n");
    for (const secret of [...rows.map(({ password }) => password), ...sessions.map(({ token }) => token)]) {
      expect(everything.includes(secret)).toBe(false);
    }
  });
});

// security.md S48
describe("a failure of our own", () => {
  it("says nothing of its cause, and is found in the log by its request", async () => {
    await api.admin.query("alter table public.pipelines rename to pipelines_gone");
    const answer = await api.call("GET", "/api/pipelines", { as: organization.viewer });
    const trpc = await api.call("GET", "/trpc/pipelines.list?input=%7B%7D", { as: organization.viewer });
    await api.admin.query("alter table public.pipelines_gone rename to pipelines");
    expect(answer.json).toMatchObject({ status: 500, code: "INTERNAL", error: "Something went wrong inside Millrace" });
    for (const text of [answer.text, trpc.text]) expect(text).not.toMatch(/pipelines_gone|select|42P01|\.ts|at /i);
    expect(trpc.json.error.data.stack).toBeUndefined();
    expect(api.log.some((line) => line.includes(answer.json.request_id) && line.includes("42P01"))).toBe(true);
  });
});
