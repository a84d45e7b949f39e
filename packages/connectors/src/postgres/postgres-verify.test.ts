import { debianServer, testServer } from "@millrace/db/testing";
import { type CompareRequest, executeRun, repairTable, verifyTable } from "@millrace/engine";
import {
  AppError,
  type KeyDifference,
  Mapping,
  parseTableName,
  PipelinePolicies,
  type Verification,
} from "@millrace/shared";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTILE_NAMES } from "./testing/hostile-names.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const older = await debianServer();
const SERVERS = [
  { name: "between two PostgreSQL 18", isMixed: false },
  ...(older ? [{ name: "from PostgreSQL 15 to 18", isMixed: true }] : []),
];

interface Options extends Partial<Omit<CompareRequest, "policies" | "sourceTable">> {
  readonly key?: readonly string[];
  readonly schemaChange?: PipelinePolicies["schemaChange"];
  readonly sourceUrl?: string;
}

describe.each(SERVERS)("a comparison $name", ({ isMixed }) => {
  let ends: TwoEnds;
  const log: string[] = [];

  beforeAll(async () => {
    const server = await testServer();
    ends = await openTwoEnds(isMixed && older ? older : server, server);
  });
  afterAll(() => ends.close());

  async function between<Result>(
    table: string,
    { key, schemaChange, sourceUrl, ...options }: Options,
    work: (request: CompareRequest) => Promise<Result>,
  ): Promise<Result> {
    const source = await ends.open("source", sourceUrl);
    try {
      const destination = await ends.open("destination");
      try {
        return await work({
          source,
          destination,
          sourceTable: parseTableName(table),
          destinationTable: parseTableName(table),
          writeMode: "replace",
          identity: null,
          signal: new AbortController().signal,
          onProgress: () => {},
          onLog: (_level, message) => void log.push(message),
          ...options,
          policies: PipelinePolicies.parse({ key, schemaChange }),
        });
      } finally {
        await destination.close();
      }
    } finally {
      await source.close();
    }
  }
  const verify = (table: string, options: Options = {}) => between(table, options, verifyTable);
  const repair = (table: string, found: Verification, deletesUnexpected = false, options: Options = {}) =>
    between(table, options, (request) => repairTable({ ...request, ...found, deletesUnexpected }));
  const inOrder = (differences: readonly KeyDifference[]) =>
    differences.toSorted((a, b) => (JSON.stringify(a.key) < JSON.stringify(b.key) ? -1 : 1));
  const both = async (sql: string) => {
    await ends.source.query(sql);
    await ends.destination.query(sql);
  };

  it("names exactly the three of 300,000 rows that were changed, deleted and added, and a repair mends them", async () => {
    await both(`create table orders (id bigint primary key, note text, total numeric(12, 2), at timestamptz);
      insert into orders select i, 'secret ' || i, i / 3.0, timestamptz '2026-01-01' + i * interval '1 s'
        from generate_series(1, 300000) i`);
    const equal = await verify("public.orders");
    expect(equal).toMatchObject({ isEqual: true, sourceRows: 300_000, destinationRows: 300_000, differences: [] });

    await ends.destination.query(`update orders set note = 'changed by hand', at = null where id = 123456;
      delete from orders where id = 7; insert into orders values (300001, 'added by hand', 1, now())`);
    log.length = 0;
    const found = await verify("public.orders");
    expect(found).toMatchObject({ isEqual: false, differenceCount: 3, isComplete: true, keyColumns: ["id"] });
    expect(found.differences).toEqual([
      { key: ["7"], kind: "missing", columns: [] },
      { key: ["123456"], kind: "different", columns: ["note", "at"] },
      { key: ["300001"], kind: "unexpected", columns: [] },
    ]);
    expect(JSON.stringify([found, log])).not.toMatch(/secret|by hand/);

    expect(await repair("public.orders", found)).toEqual({ inserted: 1, updated: 1, deleted: 0, left: 1 });
    expect((await verify("public.orders")).differences).toEqual([found.differences[2]]);
    expect(await repair("public.orders", found, true)).toEqual({ inserted: 0, updated: 0, deleted: 1, left: 0 });
    expect(await verify("public.orders")).toMatchObject({ isEqual: true, differences: [] });
    expect(log.join("\n")).not.toMatch(/secret|by hand|123456/);
  });

  it("lists a thousand of 5,000 keys that differ and counts them all", async () => {
    await both(`create table many (id int primary key, n int);
      insert into many select i, i from generate_series(1, 40000) i`);
    await ends.destination.query("update many set n = -1 where id % 8 = 0");
    const found = await verify("public.many");
    expect(found).toMatchObject({ differenceCount: 5_000, isComplete: false });
    expect(found.differences).toHaveLength(1_000);
    expect(found.differences[999]).toEqual({ key: ["8000"], kind: "different", columns: ["n"] });
    expect(await repair("public.many", found)).toMatchObject({ updated: 1_000 });
    expect((await verify("public.many")).differenceCount).toBe(4_000);
  });

  it("finds a table that the destination lacks most of, and one that it has too much of", async () => {
    await both("create table lopsided (id int primary key)");
    await ends.source.query("insert into lopsided select generate_series(1, 10000)");
    await ends.destination.query("insert into lopsided values (5), (-1)");
    expect((await verify("public.lopsided")).differenceCount).toBe(10_000);
    await ends.destination.query("insert into lopsided select generate_series(-30000, -2)");
    expect((await verify("public.lopsided")).differenceCount).toBe(39_999);
  });

  it.each([
    ["text in any language", "text", "chr(65 + i % 500) || 'é''\\\"' || i"],
    ["varchar", "varchar(40)", "'Key ' || i"],
    ["a uuid", "uuid", "md5(i::text)::uuid"],
    ["a numeric of any scale", "numeric", "i + 0.5000"],
    ["a timestamptz", "timestamptz", "timestamptz '2026-01-01 00:00:00.000001+02' + i * interval '1 microsecond'"],
    ["a date before Christ", "date", "date '0044-03-15 BC' + i"],
    ["bytes", "bytea", "decode(md5(i::text), 'hex')"],
    ["a boolean beside a number", "boolean, b int", "i % 2 = 0, i / 2"],
    ["text beside a date", "text, b date", "'x' || i % 7, date '2026-01-01' + i"],
  ])("finds and mends rows whose key is %s", async (_what, type, values) => {
    await both(`drop table if exists keyed;
      create table keyed (a ${type}, "the value" json, primary key (a${type.includes("b ") ? ", b" : ""}));
      insert into keyed select ${values}, to_json(i) from generate_series(1, 9000) i`);
    expect(await verify("public.keyed")).toMatchObject({ isEqual: true });
    await ends.destination.query(`update keyed set "the value" = '0' where "the value"::text = '4321';
      delete from keyed where "the value"::text in ('1', '9000')`);
    await ends.source.query(`delete from keyed where "the value"::text = '777'`);
    const found = await verify("public.keyed");
    expect(found.differences.map(({ kind }) => kind).toSorted()).toEqual([
      "different",
      "missing",
      "missing",
      "unexpected",
    ]);
    expect(found.differences.find(({ kind }) => kind === "different")?.columns).toEqual(["the value"]);
    expect(await repair("public.keyed", found, true)).toEqual({ inserted: 2, updated: 1, deleted: 1, left: 0 });
    expect(await verify("public.keyed")).toMatchObject({ isEqual: true });
    expect(await ends.difference("public.keyed")).toEqual([]);
  });

  it.each(isMixed ? [] : HOSTILE_NAMES)("compares and mends under the name %j", async (name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await both(`create table ${quoted} (${quoted} text primary key, n int);
      insert into ${quoted} values ('a', 1), ('b', 2)`);
    await ends.destination.query(`update ${quoted} set n = 3 where n = 2`);
    const table = `public."${name.replaceAll('"', '""')}"`;
    const found = await verify(table);
    expect(found).toMatchObject({
      keyColumns: [name],
      differences: [{ key: ["b"], kind: "different", columns: ["n"] }],
    });
    expect(await repair(table, found)).toMatchObject({ updated: 1 });
    expect(await verify(table)).toMatchObject({ isEqual: true });
  });

  it("compares what a run would have cast", async () => {
    await ends.source.query(
      "create table cast_table (id int primary key, n int); insert into cast_table values (1, 1), (2, 2)",
    );
    await ends.destination.query(
      "create table cast_table (id bigint primary key, n numeric(12, 2)); insert into cast_table values (1, 1.00), (2, 2.01)",
    );
    const found = await verify("public.cast_table");
    expect(found.differences).toEqual([{ key: ["2"], kind: "different", columns: ["n"] }]);
    expect(await repair("public.cast_table", found)).toMatchObject({ updated: 1 });
    expect(await verify("public.cast_table")).toMatchObject({ isEqual: true });
  });

  it("compares and mends what the pipeline's mapping makes of the rows", async () => {
    await ends.source.query(`create table raw (id int primary key, mail text, kind text);
      insert into raw select i, 'mail' || i, case when i % 2 = 0 then 'in' else 'out' end from generate_series(1, 6000) i`);
    const mapping = {
      mapping: Mapping.parse({
        columns: [
          { source: "id", name: "number" },
          { source: "mail", name: "mail", transform: { kind: "hash" } },
        ],
        rest: "drop",
        filter: { conditions: [{ column: "kind", operator: "equals", values: ["in"] }] },
      }),
      maskKey: null,
    };
    const options = { mapping, destinationTable: parseTableName("public.mapped") };
    await between("public.raw", options, executeRun);
    expect(await verify("public.raw", options)).toMatchObject({ isEqual: true, sourceRows: 3_000 });
    await ends.destination.query(
      "update mapped set mail = 'x' where number = 10; delete from mapped where number = 12",
    );
    const found = await verify("public.raw", options);
    expect(found.differences).toEqual([
      { key: ["10"], kind: "different", columns: ["mail"] },
      { key: ["12"], kind: "missing", columns: [] },
    ]);
    expect(await repair("public.raw", found, false, options)).toMatchObject({ inserted: 1, updated: 1 });
    expect(await verify("public.raw", options)).toMatchObject({ isEqual: true });
  });

  it("orders text keys alike in databases of different encodings", async () => {
    const { rows } = await ends.source.query<{ name: string }>("select current_database() || '_latin2' as name");
    const name = rows[0]?.name ?? "";
    await ends.source.query(`create database ${name} encoding latin2 locale 'C' template template0`);
    const url = new URL(ends.sourceUrl);
    url.pathname = `/${name}`;
    const make = `create table words (word text primary key, n int);
      insert into words select w || i, i from unnest(array['a', 'ž', 'ľ', 'š', 'é']) w, generate_series(1, 1000) i`;
    const latin = new pg.Client({ connectionString: url.href });
    await latin.connect();
    await latin.query(make);
    await latin.end();
    await ends.destination.query(
      `${make}; update words set n = 0 where word = 'ž77'; delete from words where word = 'š1'`,
    );
    const options = { sourceUrl: url.href };
    const found = await verify("public.words", options);
    expect(inOrder(found.differences)).toEqual([
      { key: ["š1"], kind: "missing", columns: [] },
      { key: ["ž77"], kind: "different", columns: ["n"] },
    ]);
    expect(await repair("public.words", found, false, options)).toMatchObject({ inserted: 1, updated: 1 });
    expect(await verify("public.words", options)).toMatchObject({ isEqual: true });
  });

  it("compares a table without a key by count and digest alone, and by a key that is named", async () => {
    await both("create table bare (a int, b text); insert into bare values (1, 'x'), (2, 'y'), (2, 'y')");
    await ends.destination.query("delete from bare where ctid = (select max(ctid) from bare)");
    expect(await verify("public.bare")).toMatchObject({
      isEqual: false,
      sourceRows: 3,
      destinationRows: 2,
      keyColumns: [],
      differenceCount: null,
      differences: [],
      isComplete: false,
    });
    expect(log.at(-1)).toBe("The table has no key that tells its rows apart, so only counts and digests were compared");
    const found = await verify("public.bare", { key: ["a"] });
    expect(found.differences).toEqual([{ key: ["2"], kind: "missing", columns: [] }]);
  });

  it("leaves out the columns that the pipeline leaves out, and names them where it does not", async () => {
    await both("create table narrow (id int primary key, a text); insert into narrow values (1, 'x'), (2, 'y')");
    await ends.source.query("alter table narrow add extra text default 'z'");
    expect(await verify("public.narrow", { schemaChange: "discard_column" })).toMatchObject({ isEqual: true });
    await ends.destination.query("update narrow set a = 'w' where id = 2");
    const found = await verify("public.narrow", { schemaChange: "discard_column" });
    expect(found.differences).toEqual([{ key: ["2"], kind: "different", columns: ["a"] }]);
    expect(await repair("public.narrow", found, false, { schemaChange: "discard_column" })).toMatchObject({
      updated: 1,
    });
    await expect(verify("public.narrow")).rejects.toMatchObject({
      code: "COLUMN_MISSING",
      params: { column: "extra" },
    });
  });

  it("refuses a named key that rows lack, and a table that is not there", async () => {
    await both("create table gaps (a int, b int); insert into gaps values (1, 1), (null, 2)");
    await ends.destination.query("update gaps set b = 3 where a = 1");
    await expect(verify("public.gaps", { key: ["a"] })).rejects.toMatchObject({
      code: "KEY_NULL",
      params: { count: 1 },
    });
    await expect(verify("public.gaps", { key: ["c"] })).rejects.toMatchObject({ code: "KEY_COLUMN_MISSING" });
    await expect(verify("public.gaps", { destinationTable: parseTableName("public.nowhere") })).rejects.toMatchObject({
      code: "DESTINATION_TABLE_MISSING",
    });
  });

  it("keeps rows that others refer to, and takes all or nothing", async () => {
    await both(
      `create table parent (id int primary key, n int check (n <> 13)); insert into parent values (1, 1), (2, 2), (3, 3)`,
    );
    await ends.destination.query(`create table child (parent int references parent on delete cascade);
      insert into child values (1), (2); update parent set n = 0`);
    const found = await verify("public.parent");
    await repair("public.parent", found);
    expect((await ends.destination.query("select count(*) as count from child")).rows).toEqual([{ count: "2" }]);

    await ends.source.query(
      "alter table parent drop constraint parent_n_check; update parent set n = 13 where id = 3; update parent set n = 5 where id = 1",
    );
    const more = await verify("public.parent");
    await expect(repair("public.parent", more)).rejects.toMatchObject({ code: "CONSTRAINT_VIOLATED" });
    expect((await ends.destination.query("select n from parent order by id")).rows).toEqual([
      { n: "1" },
      { n: "2" },
      { n: "3" },
    ]);
  });

  it("changes nothing where a trigger of the destination makes other rows of them", async () => {
    await both("create table willed (id int primary key, n int); insert into willed values (1, 1)");
    await ends.destination.query(`update willed set n = 7;
      create function own_will() returns trigger language plpgsql as 'begin new.n := 8; return new; end';
      create trigger own_will before update on willed for each row execute function own_will()`);
    const found = await verify("public.willed");
    await expect(repair("public.willed", found)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect((await ends.destination.query("select n from willed")).rows).toEqual([{ n: "7" }]);
  });

  it("refuses to repair a history, and whoever a younger claim has overtaken", async () => {
    await both("create table fenced (id int primary key, n int); insert into fenced values (1, 1)");
    await ends.destination.query("update fenced set n = 2");
    const found = await verify("public.fenced");
    await expect(repair("public.fenced", found, false, { writeMode: "history" })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    const pipelineId = "0190b1a0-0000-7000-8000-000000000001";
    const claim = (fence: number, runId: string) => ({ identity: { pipelineId, runId, fence } });
    await repair("public.fenced", found, false, claim(5, "0190b1a0-0000-7000-8000-000000000005"));
    await expect(
      repair("public.fenced", found, false, claim(4, "0190b1a0-0000-7000-8000-000000000004")),
    ).rejects.toMatchObject({ code: "FENCE_STALE" });
  });

  it("stops in the middle when it is cancelled, and leaves nothing open", async () => {
    await both(
      "create table slow (id int primary key, n int); insert into slow select i, i from generate_series(1, 5000) i",
    );
    await ends.source
      .query(`create function drag(i int) returns int language plpgsql as 'begin perform pg_sleep(10); return i; end';
      alter table slow rename to slow_rows; create view slow as select id, drag(n) as n from slow_rows`);
    const controller = new AbortController();
    const ended = verify("public.slow", { signal: controller.signal }).catch((error: unknown) => error);
    const isAtIt = async () =>
      (await ends.source.query("select 1 from pg_stat_activity where query ~ 'hashed' and pid <> pg_backend_pid()"))
        .rows.length > 0;
    await expect.poll(isAtIt).toBe(true);
    controller.abort();
    const error = await ended;
    expect(error instanceof AppError && error.code).toBe("RUN_CANCELLED");
    for (const end of [ends.source, ends.destination]) {
      const open = () =>
        end
          .query("select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
          .then(({ rows }) => rows.length);
      await expect.poll(open).toBe(0);
    }
  });

  it("compares what counts as there: rows that are not marked as deleted, and versions that are current", async () => {
    await ends.source.query(
      "create table living (id int primary key, n int); insert into living values (1, 1), (2, 2), (3, 3)",
    );
    const policies = { deletes: { mode: "soft" as const } };
    await ends.copy({ table: "public.living", writeMode: "merge", policies });
    await ends.copy({ table: "public.living", toTable: "public.versions", writeMode: "history" });
    await ends.source.query("delete from living where id = 1; update living set n = 20 where id = 2");
    await ends.copy({ table: "public.living", writeMode: "merge", policies });
    await ends.copy({ table: "public.living", toTable: "public.versions", writeMode: "history", policies });
    const versions = await verify("public.living", {
      writeMode: "history",
      destinationTable: parseTableName("public.versions"),
    });
    expect(versions).toMatchObject({ isEqual: true, destinationRows: 2 });
    const marked = await between("public.living", { writeMode: "merge" }, (request) =>
      verifyTable({ ...request, policies: PipelinePolicies.parse(policies) }),
    );
    expect(inOrder(marked.differences)).toEqual([]);
    expect(marked).toMatchObject({ isEqual: true, destinationRows: 2 });
  });
});
