import { newId } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionConfig } from "./connection.ts";
import { AuditEvent, DataSource, entities, openStore, Pipeline, PipelineRun } from "./index.ts";
import { createPipeline, createRun } from "./testing/pipeline-fixture.ts";
import { testDatabase } from "./testing/index.ts";

const database = await testDatabase();
const store = openStore({ databaseUrl: database.url, applicationName: "store test" });
const superuser = new Client({ connectionString: database.superuserUrl });
beforeAll(() => superuser.connect());
afterAll(async () => {
  await store.close();
  await superuser.end();
});

test("a pipeline that is written is read back with its defaults", async () => {
  const { organizationId, pipelineId } = await createPipeline(store);
  const found = await store.forOrganization(organizationId).findOneOrFail(Pipeline, { id: pipelineId });
  expect(found).toMatchObject({
    status: "inactive",
    mode: "batch",
    fence: 0,
    mapping: {},
    description: "",
  });
  expect(found.createdAt).toBeInstanceOf(Date);
});

describe("another organization's rows", () => {
  const stranger = newId();

  test("are invisible to the ORM, to its query builder and to raw SQL, also with the tenant filter switched off", async () => {
    const mine = await createPipeline(store);
    await createRun(store, mine);
    const em = store.forOrganization(stranger);
    for (const entity of entities) {
      expect(await em.find<object>(entity, {})).toEqual([]);
      expect(await em.fork().find<object>(entity, {}, { filters: false })).toEqual([]);
      expect(await em.createQueryBuilder<object>(entity).getResultList()).toEqual([]);
    }
    expect(await em.execute("select id from pipelines union all select id from pipeline_runs")).toEqual([]);
    expect(await store.forOrganization(mine.organizationId).count(Pipeline)).toBe(1);
  });

  test("cannot be changed or deleted", async () => {
    const mine = await createPipeline(store);
    const em = store.forOrganization(stranger);
    expect(await em.nativeUpdate(Pipeline, { id: mine.pipelineId }, { name: "taken" }, { filters: false })).toBe(0);
    expect(await em.nativeDelete(Pipeline, { id: mine.pipelineId }, { filters: false })).toBe(0);
    await em.execute("update pipelines set name = 'taken'");
    await em.execute("delete from pipelines");
    const left = await superuser.query("select name from pipelines where id = $1", [mine.pipelineId]);
    expect(left.rows[0].name).not.toBe("taken");
  });

  test("cannot be written, nor can a row be handed over to them", async () => {
    const mine = await createPipeline(store);
    const em = store.forOrganization(stranger);
    em.create(DataSource, {
      organizationId: mine.organizationId,
      name: "smuggled",
      connectionType: "postgresql",
      createdBy: "me",
    });
    await expect(em.flush()).rejects.toThrow(/row-level security/);
    const own = store.forOrganization(mine.organizationId);
    await expect(own.execute("update pipelines set organization_id = ?", [stranger])).rejects.toThrow(
      /row-level security/,
    );
  });

  test("cannot be referenced", async () => {
    const mine = await createPipeline(store);
    const em = store.forOrganization(stranger);
    await expect(
      em.execute(
        "insert into pipeline_runs (id, organization_id, pipeline_id, trigger) values (gen_random_uuid(), ?, ?, 'manual')",
        [stranger, mine.pipelineId],
      ),
    ).rejects.toThrow(/pipeline_runs_pipeline_fkey/);
  });
});

describe("without an organization", () => {
  test("the serving role sees nothing and writes nothing, on a fresh connection and on a used one", async () => {
    await createPipeline(store);
    const client = new Client(
      connectionConfig({ databaseUrl: database.url, applicationName: "test", role: "millrace_app" }),
    );
    await client.connect();
    try {
      for (const _ of ["fresh", "used"]) {
        expect((await client.query("select from pipelines")).rowCount).toBe(0);
        await expect(
          client.query(
            "insert into data_sources (id, organization_id, name, connection_type, created_by) select gen_random_uuid(), gen_random_uuid(), 'x', 'y', 'z'",
          ),
        ).rejects.toThrow(/row-level security/);
        await client.query("begin");
        await client.query("select set_config('millrace.organization_id', $1, true)", [newId()]);
        await client.query("commit");
      }
    } finally {
      await client.end();
    }
  });

  test("the owner of the tables sees nothing either", async () => {
    await createPipeline(store);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      expect((await client.query("select from pipelines")).rowCount).toBe(0);
    } finally {
      await client.end();
    }
  });

  test("the worker's role reaches no table at all", async () => {
    const client = new Client(
      connectionConfig({ databaseUrl: database.url, applicationName: "test", role: "millrace_worker" }),
    );
    await client.connect();
    try {
      for (const table of ["pipelines", "pipeline_runs", "data_sources", "run_log_lines"]) {
        await expect(client.query(`select from ${table}`)).rejects.toThrow(/permission denied/);
      }
    } finally {
      await client.end();
    }
  });

  test("an organization that is no id is refused before it reaches the database", () => {
    expect(() => store.forOrganization("")).toThrow();
    expect(() => store.forOrganization("' or true")).toThrow();
  });
});

test("the serving role may add to the audit log and read it, and nothing else", async () => {
  const { rows } = await superuser.query(`
    select array_agg(p order by p) as privileges from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) p
    where has_table_privilege('millrace_app', 'audit_events', p)`);
  expect(rows[0].privileges).toEqual(["insert", "select"]);
});

test("every table with an organization has forced row-level security with a policy for reads and writes", async () => {
  const { rows } = await superuser.query<{ table: string; forced: boolean; policies: number; indexed: boolean }>(`
    select c.relname as table, c.relrowsecurity and c.relforcerowsecurity as forced,
      (select count(*)::int from pg_policy p
        where p.polrelid = c.oid and p.polcmd = '*' and p.polqual is not null and p.polwithcheck is not null
          and 'millrace_app'::regrole = any (p.polroles)) as policies,
      exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum) as indexed
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`);
  expect(rows.length).toBe(entities.length);
  for (const row of rows) expect(row).toEqual({ table: row.table, forced: true, policies: 1, indexed: true });
});

test("the serving role owns nothing and bypasses nothing, and tables without an organization are closed to it", async () => {
  const { rows } = await superuser.query(`
    select rolsuper or rolbypassrls or rolcanlogin or exists (select from pg_class where relowner = r.oid) as is_strong
    from pg_roles r where rolname in ('millrace_app', 'millrace_worker')`);
  expect(rows).toEqual([{ is_strong: false }, { is_strong: false }]);
  const open = await superuser.query(`
    select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and has_table_privilege('millrace_app', c.oid, 'select, insert, update, delete')
      and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id')`);
  expect(open.rows).toEqual([]);
});

describe("deleting a pipeline", () => {
  const traces = async (id: string) => {
    const tables = await superuser.query<{ name: string }>(`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema in ('public', 'pgboss')`);
    const found: string[] = [];
    for (const { name } of tables.rows) {
      const { rowCount } = await superuser.query(`select from ${name} t where to_jsonb(t)::text like $1`, [`%${id}%`]);
      if (rowCount) found.push(name);
    }
    return found;
  };

  const pipelineWithRun = async () => {
    const pipeline = await createPipeline(store);
    const runId = await createRun(store, pipeline);
    await store.forOrganization(pipeline.organizationId).execute(
      `insert into run_log_lines (id, organization_id, run_id, seq, level, message)
       values (gen_random_uuid(), ?, ?, 1, 'info', 'a line')`,
      [pipeline.organizationId, runId],
    );
    expect(await traces(runId)).toEqual(
      expect.arrayContaining(["public.pipeline_runs", "public.run_log_lines", "pgboss.job"]),
    );
    return { ...pipeline, runId };
  };

  test("by the ORM leaves no row of it in any table", async () => {
    const { organizationId, pipelineId, runId } = await pipelineWithRun();
    const em = store.forOrganization(organizationId);
    const pipeline = await em.findOneOrFail(Pipeline, { id: pipelineId }, { populate: ["runs.lines"] });
    em.remove(pipeline);
    await em.flush();
    expect([...(await traces(pipelineId)), ...(await traces(runId))]).toEqual([]);
  });

  test("by plain SQL leaves no row of it in any table", async () => {
    const { organizationId, pipelineId, runId } = await pipelineWithRun();
    await store.forOrganization(organizationId).execute("delete from pipelines where id = ?", [pipelineId]);
    expect([...(await traces(pipelineId)), ...(await traces(runId))]).toEqual([]);
  });

  test("leaves what was written down of its changes, which is the organization's and no row of the pipeline", async () => {
    const { organizationId, pipelineId, runId } = await pipelineWithRun();
    const em = store.forOrganization(organizationId);
    await em.insert(AuditEvent, {
      id: newId(),
      organizationId,
      action: "pipelines.update",
      via: "session",
      actorId: newId(),
      actorName: "a test",
      actorEmail: "test@example.org",
      credentialId: newId(),
      subjectType: "pipeline",
      subjectId: pipelineId,
      subjectName: "gone",
      pipelineId,
      changes: [],
    });
    await em.execute("delete from pipelines where id = ?", [pipelineId]);
    expect(await traces(runId)).toEqual([]);
    expect(await traces(pipelineId)).toEqual(["public.audit_events"]);
  });

  test("leaves its data sources, which cannot go while it is there", async () => {
    const { organizationId, pipelineId } = await pipelineWithRun();
    const em = store.forOrganization(organizationId);
    await expect(em.execute("delete from data_sources")).rejects.toThrow(/pipelines_(?:source|destination)_fkey/);
    await em.execute("delete from pipelines where id = ?", [pipelineId]);
    expect(await em.count(DataSource)).toBe(2);
  });
});

test("of two runs that are started at once one is refused under the name that callers look for", async () => {
  const pipeline = await createPipeline(store);
  const attempts = await Promise.allSettled([createRun(store, pipeline), createRun(store, pipeline)]);
  const refused = attempts.filter((attempt) => attempt.status === "rejected");
  expect(refused).toHaveLength(1);
  const { CONSTRAINTS, violatedConstraint } = await import("./constraints.ts");
  expect(violatedConstraint(refused[0]?.reason)).toBe(CONSTRAINTS.activeRun);
  expect(await store.forOrganization(pipeline.organizationId).count(PipelineRun)).toBe(1);
});

test("the identity is the one that any connection to this database finds", async () => {
  const { rows } = await superuser.query("select system_identifier::text as id from pg_control_system()");
  expect(await store.identity()).toEqual({ systemIdentifier: rows[0].id, database: database.name });
});

test("a store without a server says so, and closes all the same", async () => {
  const away = openStore({ databaseUrl: "postgresql://nobody:x@127.0.0.1:1/none", applicationName: "away" });
  await expect(away.ping()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  await away.close();
  await away.close();
});

describe("connections that are lost in the middle of a transaction", () => {
  const small = openStore({ databaseUrl: database.url, applicationName: "lossy", poolSize: 2 });
  afterAll(() => small.close());
  const loseAll = () =>
    superuser.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lossy'");

  test("fail it and leave the pool as large as it was", async () => {
    const { organizationId } = await createPipeline(store);
    for (let round = 0; round < 4; round++) {
      const lost = small.forOrganization(organizationId).transactional(async (em) => {
        await em.execute("select 1");
        await loseAll();
        await em.execute("select 2");
      });
      await expect(lost).rejects.toThrow();
    }
    expect(await small.forOrganization(organizationId).count(Pipeline)).toBe(1);
  });

  test("fail a commit as well", async () => {
    const { organizationId } = await createPipeline(store);
    for (let round = 0; round < 4; round++) {
      await expect(small.forOrganization(organizationId).transactional(loseAll)).rejects.toThrow();
    }
    expect(await small.forOrganization(organizationId).count(Pipeline)).toBe(1);
  });

  test("and idle ones cost nobody anything", async () => {
    const { organizationId } = await createPipeline(store);
    await small.ping();
    await loseAll();
    await expect.poll(() => small.forOrganization(organizationId).count(Pipeline).catch(String)).toBe(1);
  });
});

test("a URL that is none is refused without being repeated", () => {
  expect(() => openStore({ databaseUrl: "mysql://u:canary@h/d", applicationName: "x" })).toThrow(
    expect.objectContaining({ code: "CONFIGURATION_INVALID", message: expect.not.stringContaining("canary") }),
  );
});

test("options in the URL cannot take the role away", async () => {
  const url = new URL(database.url);
  url.searchParams.set("options", "-c role=none -c statement_timeout=4321");
  const config = connectionConfig({ databaseUrl: url.toString(), applicationName: "test", role: "millrace_app" });
  const client = new Client(config);
  await client.connect();
  try {
    const { rows } = await client.query("select current_user as role, current_setting('statement_timeout') as timeout");
    expect(rows[0]).toEqual({ role: "millrace_app", timeout: "4321ms" });
  } finally {
    await client.end();
  }
});
