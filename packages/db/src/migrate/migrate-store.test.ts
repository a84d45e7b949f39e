import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateStore, openStore } from "../index.ts";
import { createOrm } from "../orm.ts";
import { emptyDatabase, testDatabase, testServer } from "../testing/index.ts";
import { createPipeline, createRun } from "../testing/pipeline-fixture.ts";

const server = await testServer();
const superuser = new Client({ connectionString: server.url() });
beforeAll(() => superuser.connect());
afterAll(() => superuser.end());

async function shapeOf(url: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(`
      select 'column' as kind, table_schema || '.' || table_name || '.' || column_name || ' ' || data_type as thing
      from information_schema.columns where table_schema in ('public', 'pgboss', 'millrace')
      union all select 'function', p.oid::regprocedure::text || ' ' || coalesce(p.proacl::text, '')
      from pg_proc p where pronamespace = 'millrace'::regnamespace
      union all select 'index', indexdef from pg_indexes where schemaname in ('public', 'pgboss')
      union all select 'privileges', oid::regclass || ' ' || relacl::text from pg_class where relacl is not null and relnamespace in ('public'::regnamespace, 'pgboss'::regnamespace)
      union all select 'policy', policyname || tablename || qual || with_check from pg_policies
      union all select 'migration', name from mikro_orm_migrations
      order by 1, 2`);
    return rows;
  } finally {
    await client.end();
  }
}

test("migrating twice changes nothing the second time", async () => {
  const database = await testDatabase();
  const before = await shapeOf(database.superuserUrl);
  await migrateStore(database.url);
  expect(await shapeOf(database.superuserUrl)).toEqual(before);
});

test("processes that migrate an empty database at once all succeed, and the store works", async () => {
  const database = await emptyDatabase();
  await Promise.all(Array.from({ length: 3 }, () => migrateStore(database.url)));
  const store = openStore({ databaseUrl: database.url, applicationName: "migrate test" });
  try {
    const pipeline = await createPipeline(store);
    const runId = await createRun(store, pipeline);
    expect(await store.claims.claim(runId, "w")).toMatchObject({ fence: 1 });
  } finally {
    await store.close();
  }
});

test("every table of an organization's rows is in schema public, whatever the owner's name", async () => {
  const { superuserUrl } = await testDatabase();
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  const { rows } = await client.query(
    "select distinct table_schema as schema from information_schema.columns where column_name = 'organization_id'",
  );
  await client.end();
  expect(rows).toEqual([{ schema: "public" }]);
});

test("the snapshot says what the entities say", async () => {
  const { url } = await testDatabase();
  const orm = createOrm({ databaseUrl: url, applicationName: "migrate test", poolSize: 1 });
  try {
    expect(await orm.migrator.checkSchema()).toBe(false);
  } finally {
    await orm.close();
  }
});

describe("a role of DATABASE_URL that may not make roles", () => {
  // Roles belong to the server, so this needs one where nobody has made them yet.
  const login = "limited_owner";

  test("is refused with the SQL that an administrator has to run, and accepted once it was run", async () => {
    const url = new URL(await server.createDatabase("limited"));
    const database = url.pathname.slice(1);
    await superuser.query(`drop role if exists ${login}`);
    await superuser.query(`create role ${login} login password 'x'`);
    await superuser.query(`alter database ${database} owner to ${login}`);
    [url.username, url.password] = [login, "x"];
    // Another test may have made the two roles; this one may not switch to them.
    const refusal = await migrateStore(url.toString()).catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ code: "CONFIGURATION_INVALID" });
    const sql = /run: (?<sql>.*)$/.exec((refusal as Error).message)?.groups?.["sql"] ?? "";
    expect(sql).toContain(`grant millrace_app, millrace_worker to "${login}";`);
    await superuser.query(sql);
    await migrateStore(url.toString());
    const store = openStore({ databaseUrl: url.toString(), applicationName: "migrate test" });
    await store.ping();
    await store.close();
    await superuser.query(`drop database ${database} with (force)`);
    await superuser.query(`drop role ${login}`);
  });
});

test("a superuser may own the store as well: requests are bound all the same", async () => {
  const url = await server.createDatabase("super");
  await migrateStore(url);
  const store = openStore({ databaseUrl: url, applicationName: "migrate test" });
  try {
    const mine = await createPipeline(store);
    const runId = await createRun(store, mine);
    expect(await store.claims.claim(runId, "w")).not.toBeNull();
    const stranger = store.forOrganization(mine.pipelineId);
    expect(await stranger.execute("select id from pipelines")).toEqual([]);
  } finally {
    await store.close();
  }
});

test("a server that does not answer is told as such", async () => {
  await expect(migrateStore("postgresql://nobody:x@127.0.0.1:1/none")).rejects.toMatchObject({
    code: "DATABASE_UNAVAILABLE",
  });
});
