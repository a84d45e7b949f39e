import { newId } from "@millrace/shared";
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

const SOURCE = {
  connectionType: "postgresql",
  host: "db.example.org",
  database: "shop",
  username: "reader",
  password: "canary password",
  options: { sslmode: "require" },
} as const;

async function pipelineOf(organizationId: string) {
  const { id: sourceId } = await test.as("admin", organizationId).sources.create({ ...SOURCE, name: `s ${newId()}` });
  return test.as("editor", organizationId).pipelines.create({
    name: `p ${newId()}`,
    sourceId,
    sourceTable: "public.a",
    destinationId: sourceId,
    destinationTable: "public.b",
  });
}

const eventsOf = async (organizationId: string) =>
  (await test.as("admin", organizationId).audit.list({ limit: 200 })).items;

describe("a change to a pipeline", () => {
  it("is written down with who, what, and the fields that changed, before and after", async () => {
    const organizationId = newId();
    const { id, name } = await pipelineOf(organizationId);
    const { pipelines } = test.as("editor", organizationId);
    await pipelines.update({ id, name: "renamed", description: "new", writeMode: "replace" });
    const [updated, created] = (await pipelines.history({ id })).items;
    expect(updated).toMatchObject({
      action: "pipelines.update",
      via: "session",
      actor: { name: "editor" },
      subjectType: "pipeline",
      subjectId: id,
      subjectName: "renamed",
      changes: [
        { field: "name", values: { before: name, after: "renamed" } },
        { field: "description", values: { before: "", after: "new" } },
      ],
    });
    expect(Date.parse(updated?.at ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(created?.action).toBe("pipelines.create");
    expect(created?.changes).toContainEqual({ field: "sourceTable", values: { before: null, after: "public.a" } });
    expect(created?.changes.map(({ field }) => field)).not.toContain("description");
  });

  it("that is refused leaves nothing, nor does one whose event cannot be written", async () => {
    const organizationId = newId();
    const { id, name } = await pipelineOf(organizationId);
    const taken = await pipelineOf(organizationId);
    const { pipelines } = test.as("editor", organizationId);
    const before = await eventsOf(organizationId);
    expect((await refusal(pipelines.update({ id, name: taken.name }))).code).toBe("PIPELINE_NAME_TAKEN");
    expect((await refusal(pipelines.delete({ id: newId() }))).code).toBe("PIPELINE_NOT_FOUND");
    expect(await eventsOf(organizationId)).toEqual(before);
    await superuser.query(
      `alter table audit_events add constraint full_up check (organization_id <> '${organizationId}') not valid`,
    );
    try {
      expect((await refusal(pipelines.update({ id, name: "unheard of" }))).code).toBe("INTERNAL");
      expect((await refusal(pipelines.delete({ id }))).code).toBe("INTERNAL");
    } finally {
      await superuser.query("alter table audit_events drop constraint full_up");
    }
    expect((await pipelines.get({ id })).name).toBe(name);
  });

  it("stays known when the pipeline is gone, to administrators", async () => {
    const organizationId = newId();
    const { id, name } = await pipelineOf(organizationId);
    await test.as("operator", organizationId).pipelines.trigger({ id });
    await test.as("editor", organizationId).pipelines.delete({ id });
    expect((await refusal(test.as("viewer", organizationId).pipelines.history({ id }))).code).toBe(
      "PIPELINE_NOT_FOUND",
    );
    const { items } = await test.as("admin", organizationId).audit.list({ subjectType: "pipeline", subjectId: id });
    expect(items.map(({ action, subjectName }) => [action, subjectName])).toEqual([
      ["pipelines.delete", name],
      ["pipelines.trigger", name],
      ["pipelines.create", name],
    ]);
  });

  it("of many at once is an event for each that was changed", async () => {
    const organizationId = newId();
    const [one, other] = [await pipelineOf(organizationId), await pipelineOf(organizationId)];
    const { pipelines } = test.as("editor", organizationId);
    await pipelines.switchMany({ ids: [one.id, newId(), other.id], status: "active" });
    for (const { id } of [one, other]) {
      expect((await pipelines.history({ id, limit: 1 })).items[0]).toMatchObject({
        action: "pipelines.switchMany",
        subjectId: id,
        changes: [{ field: "isEnabled", values: { before: false, after: true } }],
      });
    }
    const { items } = await test.as("admin", organizationId).audit.list({ action: "pipelines.switchMany" });
    expect(items).toHaveLength(2);
  });

  it("includes what was done to its runs", async () => {
    const organizationId = newId();
    const { id } = await pipelineOf(organizationId);
    const operator = test.as("operator", organizationId);
    const { runId } = await operator.pipelines.trigger({ id });
    await operator.runs.cancel({ id: runId });
    await operator.runs.retry({ id: runId });
    const { items } = await operator.pipelines.history({ id });
    expect(items.map(({ action, subjectType }) => [action, subjectType])).toEqual([
      ["runs.retry", "pipeline"],
      ["runs.cancel", "run"],
      ["pipelines.trigger", "pipeline"],
      ["pipelines.create", "pipeline"],
    ]);
    expect(items[2]?.changes).toEqual([{ field: "run", values: { before: null, after: runId } }]);
  });
});

describe("a change to a data source", () => {
  it("never tells the password, and of options their keys alone", async () => {
    const organizationId = newId();
    const { sources } = test.as("admin", organizationId);
    const { id } = await sources.create({ ...SOURCE, name: "s" });
    await sources.update({
      id,
      host: "db2.example.org",
      password: "another canary",
      options: { sslmode: "disable" },
    });
    await sources.delete({ id });
    const events = await eventsOf(organizationId);
    expect(events.map(({ action }) => action)).toEqual(["sources.delete", "sources.update", "sources.create"]);
    expect(events[1]?.changes).toEqual(
      expect.arrayContaining([
        { field: "host", values: { before: "db.example.org", after: "db2.example.org" } },
        { field: "options.sslmode", values: null },
        { field: "password", values: null },
      ]),
    );
    const { rows } = await superuser.query("select from audit_events e where e::text ~ 'canary|disable|require'");
    expect(rows).toEqual([]);
  });

  it("is refused as before while a pipeline uses it", async () => {
    const organizationId = newId();
    const { sourceId } = await pipelineOf(organizationId);
    expect((await refusal(test.as("admin", organizationId).sources.delete({ id: sourceId ?? "" }))).code).toBe(
      "DATA_SOURCE_IN_USE",
    );
  });
});

describe("the audit log", () => {
  it("is narrowed by action, subject, actor and time, in pages, newest first, one organization's alone", async () => {
    const organizationId = newId();
    const { id } = await pipelineOf(organizationId);
    const { pipelines } = test.as("editor", organizationId);
    for (const name of ["one", "two", "three"]) await pipelines.update({ id, name });
    const { audit } = test.as("admin", organizationId);
    const seen: (string | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await audit.list({ action: "pipelines.update", limit: 2, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ subjectName }) => subjectName));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(["three", "two", "one"]);
    const [latest] = (await audit.list({ limit: 1 })).items;
    expect(latest?.actor.email).toBe("editor@example.org");
    expect((await audit.list({ actorId: latest?.actor.id ?? "" })).items).toHaveLength(3);
    expect((await audit.list({ until: "2020-01-01T00:00:00Z" })).items).toEqual([]);
    expect((await audit.list({ since: "2020-01-01T00:00:00Z", subjectType: "data_source" })).items).toHaveLength(1);
    expect(await eventsOf(newId())).toEqual([]);
  });

  // security.md S45
  it("is added to and never altered, by nobody", async () => {
    const organizationId = newId();
    await pipelineOf(organizationId);
    const em = test.platform.store.forOrganization(organizationId);
    for (const statement of ["update audit_events set action = 'x'", "delete from audit_events"]) {
      await expect(em.execute(statement)).rejects.toThrow(/permission denied/);
      await expect(superuser.query(statement)).rejects.toThrow(/only ever added/);
    }
    await expect(superuser.query("truncate audit_events")).rejects.toThrow(/only ever added/);
    expect(await eventsOf(organizationId)).toHaveLength(2);
  });

  it("begins with the account of the first start", async () => {
    const own = await testPlatform();
    try {
      const token = (await own.platform.accounts.issueSetUpToken()) ?? "";
      const { createCaller } = await import("../router.ts");
      const visitor = createCaller({ platform: own.platform, actor: null, door: "trpc" });
      const user = await visitor.accounts.setUp({
        token,
        email: "ada@example.org",
        password: "correct horse battery",
        name: "Ada",
        organizationName: "Mill Road",
      });
      const organizationId = await own.platform.accounts.ensureOrganization("none");
      const { items } = await own.as("owner", organizationId).audit.list({});
      expect(items).toMatchObject([
        { action: "accounts.setUp", via: "link", actor: { id: user.id, name: "Ada" }, subjectType: "account" },
      ]);
    } finally {
      await own.close();
    }
  });
});

// security.md S45
describe("who comes in, and who is refused", () => {
  const ACCOUNT = { name: "Ada", email: "ada@example.org", password: "canary horse", organizationName: "Engines" };
  let organizationId: string;
  let userId: string;
  beforeAll(async () => {
    await test.platform.accounts.ensureFirstAccount(ACCOUNT);
    const member = await test.platform.accounts.findMember("ADA@example.org");
    organizationId = member?.organizationId ?? "";
    userId = member?.userId ?? "";
  });
  const newest = async () => {
    await test.platform.access.settled();
    return (await eventsOf(organizationId))[0];
  };
  const signIn = (password: string, address: string, email = ACCOUNT.email) =>
    test.platform.access.signIn({ email, password }, address);
  const signOut = (cookie: string) => test.platform.access.signOut(cookie, "192.0.2.1");
  const isRefused = (attempt: Promise<unknown>) =>
    expect(attempt).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });

  it("is written down for administrators, with the address and without a secret", async () => {
    const { setCookies } = await signIn(ACCOUNT.password, "192.0.2.1");
    const cookie = setCookies.map((line) => line.split(";", 1)[0]).join("; ");
    const actor = (await test.platform.accounts.authenticate({ cookie, token: undefined }))?.actor;
    const account = { subjectType: "account", subjectId: userId, subjectName: "Ada", address: "192.0.2.1" };
    const ada = { id: userId, name: "Ada", email: ACCOUNT.email };
    const session = { via: "session", actor: ada, credentialId: actor?.credentialId };
    expect(await newest()).toMatchObject({ action: "accounts.signIn", ...session, ...account });
    await signOut(cookie);
    expect(await newest()).toMatchObject({ action: "accounts.signOut", ...session, ...account });
    const { length } = await eventsOf(organizationId);
    await signOut(cookie);
    expect(await eventsOf(organizationId)).toHaveLength(length);
    await isRefused(signIn("wrong canary", "2001:db8::1"));
    expect(await newest()).toMatchObject({
      ...account,
      action: "accounts.signInRefused",
      via: "none",
      actor: { id: "", name: "", email: "" },
      address: "2001:db8::1",
    });
    const stored = await superuser.query(
      "select audit_events::text as event from audit_events where organization_id = $1",
      [organizationId],
    );
    const told = JSON.stringify(stored.rows);
    expect(told).not.toContain("canary");
    for (const line of setCookies) expect(told).not.toContain(line.split(/[=;]/)[1]);
    expect((await refusal(test.as("editor", organizationId).audit.list({}))).code).toBe("FORBIDDEN");
  });

  it("fills no log: of one account ten refusals are kept, from wherever they come, and none of nobody's", async () => {
    test.clock.set("2031-01-01T00:00:00.000Z");
    const count = async () => {
      await test.platform.access.settled();
      return (await eventsOf(organizationId)).filter(({ action }) => action === "accounts.signInRefused").length;
    };
    const before = await count();
    for (let address = 1; address <= 15; address++) await isRefused(signIn("wrong", `198.51.100.${address}`));
    expect((await count()) - before).toBe(10);
    await isRefused(signIn("wrong", "198.51.100.77", "nobody@example.org"));
    const { rows } = await superuser.query("select from audit_events where address = '198.51.100.77'");
    expect(rows).toEqual([]);
    test.clock.set(new Date().toISOString());
  });

  it("is told of what somebody may not do, once for each procedure, beside what is rolled back", async () => {
    const own = newId();
    const viewer = test.as("viewer", own);
    for (let time = 0; time < 3; time++) {
      expect((await refusal(viewer.pipelines.delete({ id: newId() }))).code).toBe("FORBIDDEN");
    }
    expect((await refusal(viewer.audit.list({}))).code).toBe("FORBIDDEN");
    const editor = test.as("editor", own);
    const query = { mapping: { query: { sql: "select 1" } } };
    expect((await refusal(editor.pipelines.create({ name: newId(), ...query }))).code).toBe("FORBIDDEN");
    expect((await refusal(editor.pipelines.delete({ id: newId() }))).code).toBe("PIPELINE_NOT_FOUND");
    const events = await eventsOf(own);
    expect(events.map(({ action, subjectName, actor }) => [action, subjectName, actor.name])).toEqual([
      ["access.denied", "pipelines.create", "editor"],
      ["access.denied", "audit.list", "viewer"],
      ["access.denied", "pipelines.delete", "viewer"],
    ]);
  });
});
