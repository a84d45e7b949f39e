import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Organization, type TestApi, testApi } from "./testing/test-api.ts";

let api: TestApi;
let organization: Organization;
let webRoot: string;
beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), "millrace-web-"));
  await mkdir(join(webRoot, "assets"));
  await writeFile(join(webRoot, "index.html"), "<!doctype html><title>Millrace</title>");
  await writeFile(join(webRoot, "assets/app-3f9a.js"), "export {};");
  await writeFile(join(webRoot, "favicon.svg"), "<svg/>");
  api = await testApi({ webRoot });
  organization = await api.organization("Hostile");
});
afterAll(async () => {
  await api.close();
  await rm(webRoot, { recursive: true });
});

const JSON_TYPE = { "content-type": "application/json" };
const asEditor = (headers: Record<string, string> = {}) => ({ as: organization.editor, headers });
const raw = (path: string, payload: string, headers: Record<string, string> = JSON_TYPE) =>
  api.call("POST", path, { ...asEditor(headers), body: payload });

// security.md S18
describe("a path", () => {
  it.each([
    "/api/pipelines/health",
    "/api/pipelines/healthz",
    "/api/pipelines/login",
    "/api/pipelines/openapi.json",
    "/api/pipelines?x=/healthz",
    "/api/pipelines/%2fhealthz",
    "/api/runs/docs",
    "/api/tokens?next=/login",
    "/trpc/pipelines.list,accounts.setUpState",
    "/trpc/accounts.setUpState,pipelines.list?batch=1&input=%7B%7D",
    "/trpc/healthz",
  ])("that only looks public is not: %s", async (path) => {
    expect((await api.call("GET", path)).status).toBe(401);
  });

  it.each([
    "/api/pipelines/..;/healthz",
    "//api/pipelines",
    "/api//pipelines",
    "/API/pipelines",
    "/api/pipelines/",
    "/healthz/../api/pipelines",
    "/api/nothing",
    "/trpc",
  ])("that is spelled otherwise reaches nothing: %s", async (path) => {
    const { status, text } = await api.call("GET", path);
    expect(status === 404 || status === 401, `${path} ${status}`).toBe(true);
    expect(text).not.toContain("items");
  });

  it("takes no other method by a header or a parameter", async () => {
    const { json } = await api.call("POST", "/api/pipelines", { ...asEditor(), body: { name: "kept" } });
    for (const override of [{ "x-http-method-override": "DELETE" }, { "x-method-override": "DELETE" }]) {
      await api.call("GET", `/api/pipelines/${json.id}?_method=DELETE`, asEditor(override));
    }
    expect((await api.call("GET", `/api/pipelines/${json.id}`, asEditor())).status).toBe(200);
  });

  it("that no route has answers 404 as JSON, and 405 with the methods that there are", async () => {
    expect((await api.call("GET", "/api/nothing")).json).toMatchObject({
      code: "ROUTE_NOT_FOUND",
      error: expect.any(String),
    });
    const wrong = await api.call("PATCH", "/api/pipelines", asEditor());
    expect(wrong.status).toBe(405);
    expect(wrong.headers["allow"]).toBe("GET, POST");
    expect(wrong.json.code).toBe("METHOD_NOT_ALLOWED");
  });

  it("that cannot be decoded answers 404 as JSON with every header", async () => {
    const answer = await api.call("GET", "/api/pipelines/%zz", asEditor());
    expect(answer.status).toBe(404);
    expect(typeof answer.json.error).toBe("string");
  });
});

// security.md S20
describe("another site", () => {
  it.each([
    ["a foreign origin", { origin: "https://evil.example" }],
    ["no origin at all, as from a sandbox", { origin: "null" }],
    ["a sibling host", { origin: "http://localhost.evil.example" }],
    ["its own words", { "sec-fetch-site": "cross-site" }],
    ["a site of the same owner", { "sec-fetch-site": "same-site" }],
  ])("cannot change anything in a user's name: %s", async (_label, headers) => {
    for (const path of ["/api/pipelines", "/trpc/pipelines.create", "/login", "/api/auth/logout"]) {
      const { status, text } = await api.call("POST", path, {
        ...asEditor(headers),
        body: { name: "csrf" },
      });
      expect([path, status]).toEqual([path, 403]);
      expect(text).toContain("ORIGIN_FORBIDDEN");
    }
  });

  it("cannot listen to a stream or read an answer", async () => {
    for (const path of ["/trpc/pipelines.onChange", "/api/pipelines"]) {
      const answer = await api.call(
        "GET",
        path,
        asEditor({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }),
      );
      expect(answer.status).toBe(403);
    }
  });

  it("is not meant by the site itself, a script without a browser, or a link", async () => {
    const sent = { body: { name: `own ${Date.now()}` } };
    const own = { origin: "http://localhost:5001", host: "localhost:5001", "sec-fetch-site": "same-origin" };
    expect((await api.call("POST", "/api/pipelines", { ...asEditor(own), ...sent })).status).toBe(201);
    expect(
      (await api.call("POST", "/api/pipelines", { ...asEditor(), body: { name: `script ${Date.now()}` } })).status,
    ).toBe(201);
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", accept: "text/html" };
    expect((await api.call("GET", "/pipelines", asEditor(link))).status).toBe(200);
  });

  it.each([
    ["text/plain", '{"name":"a"}'],
    ["application/x-www-form-urlencoded", "name=a"],
    ["multipart/form-data; boundary=x", '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\na\r\n--x--'],
  ])("finds no form that is taken: %s", async (type, payload) => {
    expect((await raw("/api/pipelines", payload, { "content-type": type })).json).toMatchObject({
      status: 415,
      code: "CONTENT_TYPE_UNSUPPORTED",
    });
    expect((await raw("/login", payload, { "content-type": type })).status).toBe(415);
    expect((await raw("/trpc/pipelines.create", payload, { "content-type": type })).status).toBe(415);
  });
});

describe("a body", () => {
  it.each(["{", '{"name": ', "nonsense", "{name: 1}", '{"name":"a"}}'])(
    "that is no JSON answers 400: %s",
    async (payload) => {
      expect((await raw("/api/pipelines", payload)).json).toMatchObject({ status: 400, code: "BODY_INVALID" });
      expect((await raw("/trpc/pipelines.create", payload)).status).toBe(400);
    },
  );

  it.each(["[]", "null", "7", '"text"', ""])("that is no object answers 400: %s", async (payload) => {
    expect((await raw("/api/pipelines", payload)).json).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
  });

  // security.md S38
  it.each([
    '{"name":"p","__proto__":{"isAdmin":true}}',
    '{"name":"p","constructor":{"prototype":{"isAdmin":true}}}',
    '{"__proto__":{"name":"p"}}',
  ])("cannot reach the prototype of anything: %s", async (payload) => {
    expect((await raw("/api/pipelines", payload)).status).toBe(400);
    expect((await raw("/trpc/pipelines.create", payload)).status).toBe(400);
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
  });

  // security.md S39
  it("of more than 1 MB answers 413 without being read into memory", async () => {
    const payload = JSON.stringify({ name: "p", description: "x".repeat(1_100_000) });
    expect((await raw("/api/pipelines", payload)).json).toMatchObject({ status: 413, code: "BODY_TOO_LARGE" });
    expect((await raw("/trpc/pipelines.create", payload)).status).toBe(413);
    expect((await raw("/login", payload)).status).toBe(413);
  });

  it("of a million levels answers 400", async () => {
    for (const payload of ["[".repeat(1_000_000), `${'{"a":'.repeat(150_000)}1${"}".repeat(150_000)}`]) {
      expect((await raw("/api/pipelines", payload)).json).toMatchObject({ status: 400, code: "BODY_TOO_DEEP" });
      expect((await raw("/trpc/pipelines.create", payload)).status).toBe(400);
    }
  });

  it("is not looked at before the session is", async () => {
    const answer = await api.call("POST", "/api/pipelines", { headers: JSON_TYPE, body: "{" });
    expect(answer.status).toBe(401);
  });
});

describe("a query", () => {
  it.each([
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=abc",
    "limit=1e9",
    "cursor=nonsense",
    "status=unknown",
    "limit=1&limit=2",
    `search=${"x".repeat(201)}`,
  ])("that cannot be answered answers 400: %s", async (query) => {
    expect((await api.call("GET", `/api/pipelines?${query}`, asEditor())).json).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
    });
  });

  it("of more than 8 KB answers 414", async () => {
    const answer = await api.call("GET", `/api/pipelines?search=${"x".repeat(9_000)}`, asEditor());
    expect(answer.json).toMatchObject({ status: 414, code: "URL_TOO_LONG" });
  });
});

// security.md S42
describe("every answer", () => {
  it.each([
    ["GET", "/healthz", 200],
    ["GET", "/api/pipelines", 401],
    ["GET", "/api/nothing", 404],
    ["GET", "/api/docs", 200],
    ["GET", "/trpc/accounts.me", 401],
    ["GET", "/trpc/accounts.setUpState", 200],
    ["POST", "/login", 400],
    ["GET", "/", 200],
    ["GET", "/pipelines/anything", 200],
    ["GET", "/favicon.svg", 200],
  ])("carries the headers that guard a browser: %s %s", async (method, path, status) => {
    const answer = await api.call(method, path, {
      headers: { accept: "text/html" },
      ...(method === "POST" ? { body: {} } : {}),
    });
    expect(answer.status).toBe(status);
    const policy = String(answer.headers["content-security-policy"]);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(answer.headers["x-powered-by"] ?? answer.headers["server"]).toBeUndefined();
    expect(answer.headers["strict-transport-security"]).toBeUndefined();
    if (/^\/(api|trpc|login)/.test(path)) expect(answer.headers["cache-control"]).toBe("no-store");
  });

  it("that is an error names its request, whose line in the log has the same id", async () => {
    const answer = await api.call("GET", "/api/pipelines/nothing", asEditor({ "x-request-id": "forged" }));
    expect(answer.json.request_id).toBe(answer.headers["x-request-id"]);
    expect(api.log.some((line) => line.includes(answer.json.request_id) && line.includes('"status":404'))).toBe(true);
    expect(api.log.join("")).not.toContain("forged");
  });
});

describe("the web app", () => {
  it("is served with a cache for what carries a hash and none for what does not", async () => {
    expect((await api.call("GET", "/assets/app-3f9a.js")).headers["cache-control"]).toBe(
      "public, max-age=31536000, immutable",
    );
    for (const path of ["/", "/index.html", "/pipelines/7"]) {
      const page = await api.call("GET", path, { headers: { accept: "text/html" } });
      expect([path, page.text]).toEqual([path, "<!doctype html><title>Millrace</title>"]);
      expect(page.headers["cache-control"]).toBe("no-cache");
    }
  });

  it("reaches nothing else of the disk, and is no answer to a program", async () => {
    for (const path of [
      "/../package.json",
      "/..%2f..%2fetc/passwd",
      "/assets/..%2f..%2fx",
      "/assets/missing.js",
      "/.env",
    ]) {
      expect((await api.call("GET", path)).status).toBe(404);
    }
    expect((await api.call("GET", "/api/nothing", { headers: { accept: "text/html" } })).json.code).toBe(
      "ROUTE_NOT_FOUND",
    );
  });
});

describe("the server", () => {
  it("slows down who asks too often, by session and not by address", async () => {
    const slow = await testApi({ requestsPerMinute: 20 });
    const { viewer, editor } = await slow.organization("Often");
    const statuses: number[] = [];
    for (let count = 0; count < 30; count += 1)
      statuses.push((await slow.call("GET", "/api/me", { as: viewer })).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    const refused = await slow.call("GET", "/api/me", { as: viewer });
    expect(refused.json).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await slow.call("GET", "/trpc/accounts.me", { as: viewer })).json.error.data.app.code).toBe("RATE_LIMITED");
    expect((await slow.call("GET", "/api/me", { as: editor })).status).toBe(200);
    expect((await slow.call("GET", "/healthz")).status).toBe(200);
    await slow.close();
  });

  it("answers half a request with an error and goes on", async () => {
    const url = new URL(await api.app.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(Number(url.port), url.hostname);
    socket.write("GET /api/pipelines HTTP/1.1\r\nhost: x\r\nx-long: " + "a".repeat(20_000) + "\r\n\r\n");
    const [reply] = (await once(socket, "data")) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1.1 431/);
    socket.destroy();
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  });

  it("is ready once its database answers", async () => {
    expect((await api.call("GET", "/readyz")).status).toBe(200);
  });
});
