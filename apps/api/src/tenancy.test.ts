import { hasRole, newId, type Role, ROLES } from "@millrace/shared";
import type { RouteOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REST_ROUTES } from "./rest/routes.ts";
import { sseEvents } from "./testing/sse.ts";
import { type Answer, type Member, type Organization, type TestApi, testApi } from "./testing/test-api.ts";
import {
  auditCount,
  type Belongings,
  belongingsOf,
  CANARY,
  INPUTS,
  PROCEDURES,
  rowsOf,
  verifiedRun,
  waitForSchema,
  type WalkedProcedure,
} from "./testing/walk.ts";

/*
 * The walker of security.md: every procedure and every route, without a line of its own here. A new procedure fails until it
 * has an input in `INPUTS`, a new route until it stands for a procedure or on the list of public ones.
 */

const routes: RouteOptions[] = [];
let api: TestApi;
let url: string;
let first: Organization;
let second: Organization;
let theirs: Belongings;

beforeAll(async () => {
  api = await testApi({ onRoute: (route) => void routes.push(route) });
  url = await api.app.listen({ port: 0, host: "127.0.0.1" });
  [first, second] = await Promise.all([api.organization("First"), api.organization("Second")]);
  theirs = await belongingsOf(api, first);
});
afterAll(() => api.close());

interface CallOptions {
  readonly as?: Member;
  readonly headers?: Record<string, string>;
}

/** Calls a procedure over HTTP; of a stream, its first event counts as the answer. */
async function call(
  { path, type }: WalkedProcedure,
  input: unknown,
  { as, headers = {} }: CallOptions,
): Promise<Answer> {
  if (type === "mutation") {
    return api.call("POST", `/trpc/${path}`, { body: input ?? {}, headers, ...(as ? { as } : {}) });
  }
  const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  if (type === "query") return api.call("GET", `/trpc/${path}${query}`, { headers, ...(as ? { as } : {}) });
  try {
    for await (const { event, data } of sseEvents(`${url}/trpc/${path}${query}`, {
      ...(as ? { cookie: as.cookie } : {}),
      ...headers,
    })) {
      if (event === "message") return { status: 200, headers: {}, text: data, json: JSON.parse(data) };
      if (event === "serialized-error")
        return { status: JSON.parse(data).data.httpStatus, headers: {}, text: data, json: { error: JSON.parse(data) } };
    }
    throw new TypeError(`${path} ended without an event`);
  } catch (error) {
    const status = /answered (\d+)/.exec(String(error))?.[1];
    if (status === undefined) throw error;
    return { status: Number(status), headers: {}, text: String(error), json: undefined };
  }
}

const members = PROCEDURES.filter(({ meta }) => meta.role !== "public");
const named = (procedures: readonly WalkedProcedure[]) =>
  procedures.map((procedure) => [procedure.path, procedure] as const);
const takesId = ({ path }: WalkedProcedure) =>
  JSON.stringify(INPUTS[path]?.(NOTHING) ?? {}).includes(NOTHING.pipelineId);
/** What became of one id of many. */
interface Outcome {
  readonly error: { readonly code: string } | null;
}
const isForMany = ({ path }: WalkedProcedure) => path.endsWith("Many");
const NIL = "00000000-0000-4000-8000-000000000000";
const NOTHING: Belongings = {
  sourceId: NIL,
  unusedSourceId: NIL,
  pipelineId: NIL,
  idlePipelineId: NIL,
  activeRunId: NIL,
  endedRunId: NIL,
  tokenId: NIL,
  quarantinedRowId: NIL,
};
/** The others never look at what is sent. */
const takesInput = ({ path }: WalkedProcedure) => INPUTS[path]?.(NOTHING) !== undefined;
const ofIds = members.filter(takesId);
const minimum = ({ meta }: WalkedProcedure) => meta.role as Role;

describe("every procedure", () => {
  it("has an input to walk it with", () => {
    expect(PROCEDURES.map(({ path }) => path).toSorted()).toEqual(Object.keys(INPUTS).toSorted());
  });

  it.each(named(members))("%s answers 401 without a credential", async (_path, procedure) => {
    expect((await call(procedure, INPUTS[procedure.path]?.(theirs), {})).status).toBe(401);
  });

  it.each(named(members))(
    "%s answers 401 to credentials that are malformed, foreign or over",
    async (_path, procedure) => {
      for (const headers of [
        { cookie: "millrace_session=made.up" },
        { authorization: `Bearer mr_${"a".repeat(64)}` },
        { authorization: `Basic ${btoa("a:b")}` },
        { authorization: "Bearer" },
        { "x-api-key": "mr_" },
        // A token that does not count is not made up for by a session that would.
        { authorization: "Bearer mr_revoked", cookie: first.owner.cookie },
      ]) {
        expect((await call(procedure, INPUTS[procedure.path]?.(theirs), { headers })).status).toBe(401);
      }
    },
  );

  it.each(named(members))(
    "%s answers 403 to every role below its own, before it looks at the input, and writes that down",
    async (_path, procedure) => {
      const before = await auditCount(api, first.id);
      const weaker = ROLES.filter((each) => !hasRole(each, minimum(procedure)));
      for (const role of weaker) {
        const answer = await call(procedure, { garbage: true }, { as: first[role] });
        expect([role, answer.status, answer.json.error.data.app.code]).toEqual([role, 403, "FORBIDDEN"]);
      }
      expect((await auditCount(api, first.id)) - before).toBe(weaker.length);
    },
  );

  it.each(named(ofIds))("%s finds nothing of another organization, and changes nothing", async (path, procedure) => {
    const before = await rowsOf(api, first.id);
    const answer = await call(procedure, INPUTS[path]?.(theirs), { as: second.owner });
    const missing = await call(procedure, INPUTS[path]?.(NOTHING), { as: second.owner });
    expect(answer.text).not.toContain(CANARY);
    if (isForMany(procedure)) {
      // The answer says of each id what became of it.
      expect(answer.json.result.data.map((outcome: Outcome) => outcome.error?.code)).toEqual(["PIPELINE_NOT_FOUND"]);
      const errors = ({ json }: Answer) => json.result.data.map((outcome: Outcome) => outcome.error);
      expect(errors(missing)).toEqual(errors(answer));
    } else {
      expect([400, 404]).toContain(answer.status);
      expect(answer.json.error.data.app.code).toMatch(/_NOT_FOUND$|^SOURCE_UNKNOWN$/);
      expect(missing.json.error).toEqual(answer.json.error);
    }
    expect(await rowsOf(api, first.id)).toBe(before);
  });

  it.each(named(members.filter((procedure) => !takesId(procedure))))(
    "%s shows nothing of another organization",
    async (path, procedure) => {
      const before = await rowsOf(api, first.id);
      const answer = await call(procedure, INPUTS[path]?.(theirs), { as: second.owner });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(CANARY);
      expect(await rowsOf(api, first.id)).toBe(before);
    },
  );

  it.each(named(ofIds))("%s refuses what is no id", async (path, procedure) => {
    const good = INPUTS[path]?.(theirs) ?? {};
    for (const id of [":id", "0", "*", "", "..", "%00", 0, null, [], {}, true]) {
      const input = Object.fromEntries(
        Object.entries(good).map(([key, value]) => [key, Object.values(theirs).includes(String(value)) ? id : value]),
      );
      // A source is nullable in a pipeline: null there means none.
      if (id === null && path === "pipelines.create") continue;
      const { status } = await call(procedure, input, { as: first.owner });
      expect([400, 404], `${JSON.stringify(id)} answered ${status}`).toContain(status);
    }
  });

  it.each(named(members.filter(takesInput)))("%s takes no key that it does not know", async (path, procedure) => {
    const before = await rowsOf(api, first.id);
    for (const key of [
      "organizationId",
      "role_",
      "createdBy",
      "fence",
      "secret",
      "__proto__",
      "constructor",
      "isEnabled",
      "triggeredBy",
      "nextRunAt",
      "organization_id",
      "userId",
    ]) {
      const input = `{${JSON.stringify(key)}:"x",${JSON.stringify(INPUTS[path]?.(theirs) ?? {}).slice(1)}`.replace(
        ",}",
        "}",
      );
      const answer =
        procedure.type === "mutation"
          ? await api.call("POST", `/trpc/${path}`, {
              as: first.owner,
              body: input as unknown as object,
              headers: { "content-type": "application/json" },
            })
          : await call(procedure, JSON.parse(input), { as: first.owner });
      expect(answer.status, key).toBe(400);
    }
    expect(await rowsOf(api, first.id)).toBe(before);
  });

  it.each(named(members))(
    "%s does its work for the weakest role that may, and leaves one audit event if it writes, else none",
    async (path, procedure) => {
      const own = await belongingsOf(api, first);
      const role = minimum(procedure);
      const own_token =
        path === "tokens.revoke"
          ? (await first[role].caller.tokens.create({ name: "own", role: "viewer" })).token.id
          : own.tokenId;
      // Only a run that has succeeded can be undone, and its rows be replayed.
      if (path === "runs.undo" || path === "quarantine.replay") {
        await api.admin.query("update pipeline_runs set status = 'success' where id = $1", [own.endedRunId]);
      }
      if (path === "pipelines.repair") await verifiedRun(api, first.id, own);
      // Only what a run has found can be accepted.
      if (path === "pipelines.acceptSchema") await waitForSchema(api, own);
      const before = await auditCount(api, first.id);
      const answer = await call(procedure, INPUTS[path]?.({ ...own, tokenId: own_token }), { as: first[role] });
      expect(answer.status, answer.text).toBe(200);
      if (isForMany(procedure)) expect(answer.json.result.data).toMatchObject([{ error: null }]);
      expect((await auditCount(api, first.id)) - before).toBe(procedure.meta.effect === "write" ? 1 : 0);
    },
  );

  it.each(named(PROCEDURES.filter(({ type }) => type !== "subscription")))(
    "%s answers a wrong method with an error",
    async (path, { type }) => {
      const answer =
        type === "mutation"
          ? await api.call("GET", `/trpc/${path}`, { as: first.owner })
          : await api.call("POST", `/trpc/${path}`, { as: first.owner, body: {} });
      expect(answer.status).toBe(404);
      expect(answer.json.error.data.app.code).toBe("PROCEDURE_NOT_FOUND");
    },
  );
});

describe("a batch", () => {
  const batch = (paths: string[], options: CallOptions) =>
    api.call(
      "GET",
      `/trpc/${paths.join(",")}?batch=1&input=${encodeURIComponent(JSON.stringify(Object.fromEntries(paths.map((_, index) => [index, {}]))))}`,
      options,
    );

  it("is judged call by call", async () => {
    const { json } = await batch(["pipelines.list", "sources.list"], { as: first.viewer });
    expect(json[0].result.data.items).toBeDefined();
    expect(json[1].error.data.app.code).toBe("FORBIDDEN");
  });

  it("needs a session as soon as one of its calls does", async () => {
    const { status, json } = await batch(["accounts.setUpState", "pipelines.list"], {});
    expect(status).toBe(401);
    expect(json).toHaveLength(2);
    expect(json[1].error.data.app.code).toBe("UNAUTHENTICATED");
  });

  // security.md S39
  it("has at most twenty calls", async () => {
    expect(
      (
        await batch(
          Array.from({ length: 20 }, () => "pipelines.list"),
          { as: first.viewer },
        )
      ).status,
    ).toBe(200);
    expect(
      (
        await batch(
          Array.from({ length: 21 }, () => "pipelines.list"),
          { as: first.viewer },
        )
      ).status,
    ).toBe(400);
  });
});

describe("every route", () => {
  /** What anybody may reach; a route more is a decision. */
  const PUBLIC = [
    "GET /healthz",
    "GET /readyz",
    "POST /login",
    "POST /api/auth/login",
    "POST /api/auth/logout",
    "GET /api/openapi.json",
    "GET /api/docs",
    "GET /api/docs/start.js",
    "GET /api/docs/scalar.js",
  ];

  it("is public only when it is on the list", () => {
    const open = routes
      .filter(({ method, config }) => method !== "HEAD" && config?.isPublic)
      .map(({ method, url: path }) => `${String(method)} ${path}`);
    expect(open.toSorted()).toEqual(PUBLIC.toSorted());
  });

  it("else answers 401 without a session, HEAD and spellings included", async () => {
    const closed = routes.filter(({ config }) => config?.isPublic !== true);
    expect(closed.length).toBeGreaterThan(REST_ROUTES.length);
    for (const { method, url: pattern } of closed) {
      for (const each of [method].flat()) {
        const path = pattern.replaceAll(/:\w+/g, "pipelines.list");
        const { status } = await api.call(each, path, each === "POST" || each === "PUT" ? { body: {} } : {});
        expect([each, path, status]).toEqual([each, path, 401]);
      }
    }
  });

  const ofRest = REST_ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const);
  const withId = ofRest.filter(([, { url: pattern }]) => pattern.includes(":"));
  const takesBody = (method: string) => method === "POST" || method === "PUT";
  // What a route cannot do without.
  const required = (url: string) => (url.endsWith("/accept-schema") ? { run_id: newId() } : {});
  const bodyFor = ({ method, url }: { method: string; url: string }) =>
    takesBody(method) ? { body: required(url) } : {};
  const pathFor = (pattern: string, id: string) => pattern.replace(":table", "public.a").replaceAll(/:\w+/g, id);

  it.each(ofRest)("%s answers 403 to every role below its procedure's", async (_name, route) => {
    const procedure = PROCEDURES.find(({ path }) => path === route.procedure);
    const role = procedure?.meta.role as Role;
    for (const weaker of ROLES.filter((each) => !hasRole(each, role))) {
      const answer = await api.call(route.method, pathFor(route.url, newId()), {
        as: first[weaker],
        ...bodyFor(route),
      });
      expect([weaker, answer.status, answer.json.code]).toEqual([weaker, 403, "FORBIDDEN"]);
    }
  });

  it.each(withId)(
    "%s answers 404 to another organization's id, to none at all and to nonsense, alike",
    async (_name, route) => {
      const before = await rowsOf(api, first.id);
      const answers = new Set<string>();
      for (const id of [
        ...new Set(Object.values(theirs)),
        newId(),
        ":id",
        "0",
        "*",
        "..%2f..",
        "%00",
        "' or 1=1 --",
        "a".repeat(300),
      ]) {
        const path = pathFor(route.url, encodeURIComponent(decodeURIComponent(id)));
        const answer = await api.call(route.method, path, { as: second.owner, ...bodyFor(route) });
        expect([id, answer.status]).toEqual([id, 404]);
        answers.add(JSON.stringify({ ...answer.json, request_id: "" }));
      }
      expect([...answers]).toHaveLength(1);
      expect(await rowsOf(api, first.id)).toBe(before);
    },
  );
});
