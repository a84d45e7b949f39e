import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CallOptions, type Organization, PASSWORD, type TestApi, testApi } from "./testing/test-api.ts";

let api: TestApi;
let organization: Organization;
beforeAll(async () => {
  api = await testApi();
  organization = await api.organization("Sign-in");
});
afterAll(() => api.close());

let address = 0;
const signIn = (body: unknown, options: CallOptions = {}, path = "/api/auth/login") =>
  api.call("POST", path, { body, remoteAddress: `10.1.0.${(address += 1)}`, ...options });
const cookieOf = (headers: Record<string, unknown>): string =>
  [headers["set-cookie"]]
    .flat()
    .map((line) => String(line).split(";", 1)[0])
    .join("; ");

describe("signing in", () => {
  it.each([
    ["/login", "username"],
    ["/login", "email"],
    ["/api/auth/login", "email"],
    ["/api/auth/login", "username"],
  ])("by POST %s with %s answers 200, the user and a session cookie", async (path, field) => {
    const { email, userId } = organization.editor;
    const answer = await signIn({ [field]: email, password: PASSWORD }, {}, path);
    expect(answer.status).toBe(200);
    expect(answer.json.user).toEqual({ id: userId, email, name: "editor" });
    expect(answer.headers["set-cookie"]?.toString()).toMatch(
      /^millrace_session=[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(answer.headers["cache-control"]).toBe("no-store");
    const me = await api.call("GET", "/api/me", { headers: { cookie: cookieOf(answer.headers) } });
    expect(me.json).toMatchObject({ user: { email }, role: "editor", via: "session" });
  });

  // security.md S45
  it("is an event of the organization, as signing out is and what is refused, from the address that it came from", async () => {
    const { email } = organization.operator;
    const from = { remoteAddress: "10.9.0.1" };
    const cookie = cookieOf((await signIn({ email, password: PASSWORD }, from)).headers);
    await api.call("POST", "/api/auth/logout", { headers: { cookie }, ...from });
    const { actor } = organization.operator;
    await organization.viewer.caller.pipelines.delete({ id: actor.userId }).catch(() => undefined);
    await api.call("DELETE", `/api/pipelines/${actor.userId}`, { as: organization.operator, ...from });
    await signIn({ email, password: "wrong" }, from);
    await api.platform.access.settled();
    const { items } = await organization.admin.caller.audit.list({ limit: 5 });
    expect(items.map(({ action, address: of, subjectName }) => [action, of, subjectName])).toEqual([
      ["accounts.signInRefused", "10.9.0.1", "operator"],
      ["access.denied", "10.9.0.1", "pipelines.delete"],
      ["access.denied", null, "pipelines.delete"],
      ["accounts.signOut", "10.9.0.1", "operator"],
      ["accounts.signIn", "10.9.0.1", "operator"],
    ]);
  });

  it.each([
    ["a wrong password", { password: "wrong horse battery" }, 401, "CREDENTIALS_INVALID"],
    ["an unknown user", { email: "nobody@example.org" }, 401, "CREDENTIALS_INVALID"],
    ["no password", { password: undefined }, 400, "VALIDATION_FAILED"],
    ["a number for a password", { password: 7 }, 400, "VALIDATION_FAILED"],
    ["an object for a name", { email: { $ne: "" } }, 400, "VALIDATION_FAILED"],
  ])("with %s answers an error that a script understands", async (_label, changes, status, code) => {
    const answer = await signIn({ email: organization.editor.email, password: PASSWORD, ...changes });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ code, error: expect.any(String), hint: expect.any(String), status });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.headers["content-type"]).toContain("application/problem+json");
  });

  it("lasts as long as it is used: the cookie is prolonged with an answer now and then", async () => {
    const cookie = cookieOf((await signIn({ email: organization.viewer.email, password: PASSWORD })).headers);
    const get = () => api.call("GET", "/api/me", { headers: { cookie } });
    expect((await get()).headers["set-cookie"]).toBeUndefined();
    await api.admin.query(`update auth.session set "expiresAt" = now() + interval '1 hour'`);
    expect((await get()).headers["set-cookie"]?.toString()).toMatch(
      /^millrace_session=[^;]+; Max-Age=43200;.*HttpOnly/,
    );
    expect((await get()).headers["set-cookie"]).toBeUndefined();
  });

  // security.md S22
  it("ends with signing out: the old cookie is dead at once", async () => {
    const cookie = cookieOf((await signIn({ email: organization.viewer.email, password: PASSWORD })).headers);
    const out = await api.call("POST", "/api/auth/logout", { headers: { cookie } });
    expect(out.status).toBe(200);
    expect(out.headers["set-cookie"]?.toString()).toContain("Max-Age=0");
    expect((await api.call("GET", "/api/pipelines", { headers: { cookie } })).status).toBe(401);
  });

  it("out needs no session", async () => {
    expect((await api.call("POST", "/api/auth/logout")).status).toBe(200);
  });

  // security.md S23
  it("says after five failures how long to wait", async () => {
    const attempt = () =>
      signIn({ email: organization.operator.email, password: "wrong" }, { remoteAddress: "10.2.0.1" });
    for (let count = 0; count < 5; count += 1) expect((await attempt()).status).toBe(401);
    const refused = await attempt();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(800);
    expect((await signIn({ email: organization.operator.email, password: PASSWORD })).status).toBe(200);
  });

  // security.md S43
  it("goes by the connection's address, whatever a header claims", async () => {
    const attempt = (forwarded: string) =>
      signIn(
        { email: organization.admin.email, password: "wrong" },
        { remoteAddress: "10.2.0.2", headers: { "x-forwarded-for": forwarded } },
      );
    for (let count = 0; count < 5; count += 1) await attempt(`10.9.9.${count}`);
    expect((await attempt("10.9.9.99")).status).toBe(429);
  });
});

describe("a token", () => {
  it("is made, used by either header, listed, and revoked over REST", async () => {
    const as = organization.editor;
    const made = await api.call("POST", "/api/tokens", {
      as,
      body: { name: "ci", role: "operator", expires_in_days: 7 },
    });
    expect(made.status).toBe(201);
    const { secret, token } = made.json;
    for (const headers of [{ authorization: `Bearer ${secret}` }, { "x-api-key": secret }]) {
      expect((await api.call("GET", "/api/me", { headers })).json).toMatchObject({ role: "operator", via: "token" });
      expect((await api.call("GET", "/trpc/accounts.me", { headers })).json.result.data.role).toBe("operator");
    }
    expect((await api.call("GET", "/api/tokens", { as })).text).not.toContain(secret);
    expect((await api.call("DELETE", `/api/tokens/${token.id}`, { as })).status).toBe(200);
    expect((await api.call("GET", "/api/me", { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401);
  });

  it("is never stronger than its maker, makes no other, and is not others' to revoke", async () => {
    const { editor, viewer, admin } = organization;
    const make = (as: typeof editor, role: string) =>
      api.call("POST", "/api/tokens", { as, body: { name: "t", role } });
    expect((await make(editor, "admin")).json).toMatchObject({ status: 403, code: "FORBIDDEN" });
    const { secret, token } = (await make(editor, "editor")).json;
    const headers = { authorization: `Bearer ${secret}` };
    expect((await api.call("POST", "/api/tokens", { headers, body: { name: "t", role: "viewer" } })).json.code).toBe(
      "SESSION_REQUIRED",
    );
    expect((await api.call("DELETE", `/api/tokens/${token.id}`, { as: viewer })).status).toBe(404);
    expect((await api.call("DELETE", `/api/tokens/${token.id}`, { as: admin })).status).toBe(200);
  });
});

describe("the session cookie of an https address", () => {
  it("is bound to the host and sent over TLS alone, and HSTS is on", async () => {
    const secure = await testApi({ publicUrl: "https://millrace.example" });
    const { editor } = await secure.organization("Secure");
    const answer = await secure.call("POST", "/login", { body: { email: editor.email, password: PASSWORD } });
    expect(answer.headers["set-cookie"]?.toString()).toMatch(
      /^__Host-millrace_session=[^;]+;.*Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    expect(answer.headers["set-cookie"]?.toString()).not.toContain("Domain");
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
    const cookie = cookieOf(answer.headers);
    expect((await secure.call("GET", "/api/me", { headers: { cookie } })).status).toBe(200);
    const out = await secure.call("POST", "/api/auth/logout", { headers: { cookie } });
    expect(out.headers["set-cookie"]?.toString()).toMatch(/__Host-millrace_session=;.*Secure/);
    await secure.close();
  });
});
