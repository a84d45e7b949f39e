import { DataSource } from "@millrace/db";
import { testServer } from "@millrace/db/testing";
import { type CreateDataSourceInput, newId } from "@millrace/shared";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
const organizationId = newId();
beforeAll(async () => {
  test = await testPlatform();
});
afterAll(() => test.close());

const as = (role: Parameters<TestPlatform["as"]>[0] = "admin", organization = organizationId) =>
  test.as(role, organization);
type Input = Partial<CreateDataSourceInput>;
const input = (changes: Input = {}) => ({
  name: `source ${newId()}`,
  connectionType: "postgresql" as const,
  host: "db.example.org",
  port: 5432,
  database: "shop",
  username: "reader",
  password: "a long password",
  ...changes,
});
const draftOf = ({ name: _name, ...draft }: ReturnType<typeof input>) => draft;
const create = (changes: Input = {}, organization = organizationId) =>
  as("admin", organization).sources.create(input(changes));

/** The fields of a connection URL. */
function fieldsOf(url: URL): Input {
  return {
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: url.password === "" ? null : decodeURIComponent(url.password),
  };
}

describe("a data source", () => {
  it("is shown without its password", async () => {
    const created = await create();
    expect(created).toMatchObject({ host: "db.example.org", hasPassword: true, options: {}, organizationId });
    expect(JSON.stringify([created, await as().sources.list({})])).not.toContain("a long password");
    expect((await create({ password: null })).hasPassword).toBe(false);
  });

  it("keeps its password encrypted, and bound to its own row", async () => {
    const [one, other] = [await create(), await create({ password: "another password" })];
    const em = test.platform.store.forOrganization(organizationId);
    const [first, second] = [
      await em.findOneOrFail(DataSource, { id: one.id }),
      await em.findOneOrFail(DataSource, { id: other.id }),
    ];
    expect(first.secret).not.toContain("a long password");
    expect(test.remembered).toContain("a long password");
    second.secret = first.secret ?? null;
    await em.flush();
    expect(
      await as()
        .sources.test({ id: other.id })
        .catch((error: unknown) => refusal(Promise.reject(error))),
    ).toMatchObject({
      isOk: false,
      checks: [{ name: "Configuration", status: "failed", code: "SECRET_UNREADABLE" }],
    });
  });

  it("has a name that no other of its organization has", async () => {
    const { name } = await create();
    expect((await refusal(create({ name }))).code).toBe("DATA_SOURCE_NAME_TAKEN");
    const other = await create();
    expect((await refusal(as().sources.update({ id: other.id, name }))).code).toBe("DATA_SOURCE_NAME_TAKEN");
    expect((await create({ name }, newId())).name).toBe(name);
  });

  // security.md S4
  it.each([
    ["a path to a certificate", { sslrootcert: "/etc/passwd" }],
    ["a path in the option that there is", { sslRootCert: "/etc/passwd", sslmode: "verify-full" }],
    ["a driver's option", { statement_timeout: 0 }],
    ["a password among the options, which are shown", { password: "a long password" }],
    ["another host among the options", { host: "evil.example" }],
    ["a mode that there is none of", { sslmode: "maybe" }],
  ])("refuses %s", async (_label, options) => {
    expect((await refusal(create({ options }))).code).toBe("VALIDATION_FAILED");
    const { id } = await create();
    expect((await refusal(as().sources.update({ id, options, password: "x" }))).code).toBe("VALIDATION_FAILED");
  });

  it.each(["host", "database", "username"] as const)("refuses files and other hosts in %s", async (field) => {
    for (const value of ["/etc/passwd", "file:///etc/passwd", "a\0b"]) {
      const outcome = await create({ [field]: value }).then(
        ({ id }) => as().sources.test({ id }),
        (error: unknown) => refusal(Promise.reject(error)),
      );
      expect(outcome).toMatchObject("isOk" in outcome ? { isOk: false } : { code: "VALIDATION_FAILED" });
    }
  });

  it.each(["mysql", "sqlite", "duckdb", "files"] as const)(
    "of type %s is refused, since this build does not reach it",
    async (connectionType) => {
      expect((await refusal(create({ connectionType }))).code).toBe("UNSUPPORTED");
    },
  );

  it("keeps what an update leaves out", async () => {
    const created = await create();
    const renamed = await as().sources.update({ id: created.id, name: `renamed ${newId()}` });
    expect(renamed).toEqual({ ...created, name: renamed.name, updatedAt: renamed.updatedAt });
  });

  it.each([
    ["host", { host: "evil.example" }],
    ["port", { port: 5433 }],
    ["user", { username: "postgres" }],
    ["connection options", { options: { sslmode: "disable" } }],
  ])("asks for its password again when its %s changes", async (_label, changes) => {
    const { id } = await create();
    expect(await refusal(as().sources.update({ id, ...changes }))).toMatchObject({
      message: expect.stringContaining("password: must be entered again"),
      fields: ["password"],
    });
    expect((await as().sources.update({ id, ...changes, password: "another one" })).hasPassword).toBe(true);
    const open = await create({ password: null });
    expect(await as().sources.update({ id: open.id, ...changes })).toMatchObject(changes);
  });

  it("loses its password by null", async () => {
    const { id } = await create();
    expect((await as().sources.update({ id, password: null, host: "elsewhere.example" })).hasPassword).toBe(false);
  });

  it("is not deleted while a pipeline uses it, whose name is told", async () => {
    const { id } = await create();
    const pipeline = await as().pipelines.create({ name: `pipeline ${newId()}`, destinationId: id });
    expect(await refusal(as().sources.delete({ id }))).toMatchObject({
      code: "DATA_SOURCE_IN_USE",
      params: { count: 1, pipelines: pipeline.name },
    });
    await as().pipelines.delete({ id: pipeline.id });
    expect(await as().sources.delete({ id })).toEqual({ id });
  });

  it("is not found in another organization, whatever is done with it", async () => {
    const { id } = await create();
    const { sources } = as("owner", newId());
    for (const call of [
      () => sources.get({ id }),
      () => sources.update({ id, name: "mine" }),
      () => sources.delete({ id }),
      () => sources.test({ id }),
      () => sources.testDraft({ ...draftOf(input()), id }),
      () => sources.tables({ id }),
      () => sources.columns({ id, table: "a" }),
      () => sources.previewRows({ id, table: "a" }),
    ]) {
      expect((await refusal(call())).code).toBe("DATA_SOURCE_NOT_FOUND");
    }
  });
});

describe("a look into a data source", () => {
  let database: Client;
  let id: string;
  let fields: Input;
  beforeAll(async () => {
    const url = await (await testServer()).createDatabase("look");
    fields = fieldsOf(new URL(url));
    database = new Client({ connectionString: url });
    await database.connect();
    await database.query(`create schema "rpc look"`);
    await database.query(
      `create table "rpc look"."odd.name" (id int primary key, "Name" text, twice int generated always as (id * 2) stored)`,
    );
    await database.query(`insert into "rpc look"."odd.name" values (1, 'one'), (2, null), (3, repeat('x', 10000))`);
    ({ id } = await create(fields));
  });
  afterAll(() => database.end());

  it("tests the connection", async () => {
    const { isOk, checks } = await as("editor").sources.test({ id });
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(isOk).toBe(true);
  });

  it("lists tables, and columns and rows of one by its reference", async () => {
    const tables = await as("editor").sources.tables({ id });
    const table = tables.find(({ name }) => name === "odd.name")?.reference ?? "";
    expect(table).toBe('rpc look."odd.name"');
    expect(
      (await as("editor").sources.columns({ id, table })).map(({ name, isPrimaryKey, isGenerated }) => [
        name,
        isPrimaryKey,
        isGenerated,
      ]),
    ).toEqual([
      ["id", true, false],
      ["Name", false, false],
      ["twice", false, true],
    ]);
    const preview = await as("editor").sources.previewRows({ id, table, limit: 3 });
    expect(preview.rows.slice(0, 2)).toEqual([
      ["1", "one", "2"],
      ["2", null, "4"],
    ]);
    expect(preview.rows[2]?.[1]?.length).toBeLessThanOrEqual(501);
  });

  it("says which table is not there", async () => {
    const { sources } = as("editor");
    for (const call of [() => sources.columns({ id, table: "a.b" }), () => sources.previewRows({ id, table: "a.b" })]) {
      expect(await refusal(call())).toMatchObject({ code: "SOURCE_TABLE_MISSING", params: { table: "a.b" } });
    }
  });

  it("answers what is wrong with a connection as a failed check, in the words of the table", async () => {
    for (const [changes, code] of [
      [{ database: `none_${newId()}` }, "DATABASE_MISSING"],
      [{ host: "127.0.0.1", port: 1 }, "CONNECTION_REFUSED"],
      [{ host: "no-such-host.invalid" }, "HOST_NOT_FOUND"],
      [{ host: "169.254.169.254" }, "HOST_FORBIDDEN"],
    ] as const) {
      const source = await create({ ...fields, ...changes });
      const result = await as("editor").sources.test({ id: source.id });
      expect([result.isOk, result.checks.find(({ status }) => status === "failed")?.code]).toEqual([false, code]);
      expect((await refusal(as("editor").sources.tables({ id: source.id }))).code).toBe(code);
    }
  });

  it("says of values that are not stored what is wrong with them, check by check", async () => {
    const draft = draftOf(input(fields));
    const good = await as().sources.testDraft(draft);
    expect(good.isOk).toBe(true);
    const bad = await as().sources.testDraft({ ...draft, database: "none" });
    expect(bad.isOk).toBe(false);
    expect(bad.checks.map(({ name, status }) => [name, status])).toEqual([
      ["Server", "passed"],
      ["Encryption", "passed"],
      ["Sign-in", "passed"],
      ["Database", "failed"],
      ["Version", "skipped"],
      ["Reading", "skipped"],
      ["Writing", "skipped"],
      ["Privileges", "skipped"],
    ]);
    expect(await refusal(as().sources.testDraft({ ...draft, options: { sslmode: "maybe" } }))).toMatchObject({
      code: "VALIDATION_FAILED",
      fields: ["options.sslmode"],
    });
    expect(await refusal(as().sources.testDraft({ ...draft, host: "/tmp", username: null }))).toMatchObject({
      fields: ["host", "username"],
    });
  });

  it("sends the stored password of a draft only to the place that it was entered for", async () => {
    const role = `draft_${newId().replaceAll("-", "")}`;
    await database.query(`create role ${role} login password 'right'`);
    const stored = await create({ ...fields, username: role, password: "right" });
    const { password: _, ...draft } = draftOf(input({ ...fields, username: role }));
    const signIn = async (changes: object) =>
      (await as().sources.testDraft({ ...draft, id: stored.id, ...changes })).checks[2]?.status;
    expect(await signIn({})).toBe("passed");
    expect(await signIn({ password: null })).toBe("failed");
    for (const changes of [
      { host: "localhost" },
      { port: 1 },
      { username: "postgres" },
      { options: { sslmode: "disable" } },
    ]) {
      expect(await refusal(as().sources.testDraft({ ...draft, id: stored.id, ...changes }))).toMatchObject({
        code: "VALIDATION_FAILED",
        fields: ["password"],
      });
    }
    expect(await signIn({ options: { sslmode: "disable" }, password: "right" })).toBe("passed");
  });

  // security.md S12
  it("refuses the platform's own database, and no other of its server", async () => {
    const own = await create(fieldsOf(new URL(test.superuserUrl)));
    expect((await refusal(as().sources.tables({ id: own.id }))).code).toBe("PLATFORM_DATABASE_REFUSED");
  });

  // security.md S3
  it("is tested ten times a minute by one user", async () => {
    const user = as("editor");
    const refused = await create({ ...fields, port: 1 });
    for (let count = 0; count < 10; count += 1) expect((await user.sources.test({ id: refused.id })).isOk).toBe(false);
    expect((await refusal(user.sources.test({ id: refused.id }))).code).toBe("RATE_LIMITED");
    const admin = as("admin");
    const draft = draftOf(input({ ...fields, port: 1 }));
    for (let count = 0; count < 10; count += 1) expect((await admin.sources.testDraft(draft)).isOk).toBe(false);
    for (const call of [admin.sources.testDraft(draft), admin.sources.test({ id: refused.id })]) {
      expect((await refusal(call)).code).toBe("RATE_LIMITED");
    }
    expect((await as("editor").sources.test({ id: refused.id })).isOk).toBe(false);
  });

  it("gives up on a server that says nothing", async () => {
    const silent: Server = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const source = await create({ ...fields, host: "127.0.0.1", port });
    expect((await refusal(as().sources.tables({ id: source.id }))).code).toBe("CONNECTION_TIMEOUT");
    silent.close();
  });
});
