import { debianServer, testServer, type TestServer } from "@millrace/db/testing";
import type { SchemaAgreement, Verification, VerificationMode } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const debian = await debianServer();
const server = await testServer();

interface Way {
  readonly name: string;
  readonly server: TestServer;
  readonly isInChunks: boolean;
  /** What the run has to do to the table, which takes the rows through a stage; null: nothing. */
  readonly evolves: "adds a column" | "writes the table anew" | null;
}

/** The source as it was before its ids grew. */
const AGREED: SchemaAgreement = {
  source: {
    columns: [
      { name: "id", type: "integer", isNullable: true },
      { name: "note", type: "text", isNullable: true },
      { name: "more", type: "integer", isNullable: true },
    ],
    primaryKey: [],
  },
  destination: null,
};

const WAYS: readonly Way[] = [
  { name: "right into its table", server, isInChunks: false, evolves: null },
  { name: "by a stage of its transaction", server, isInChunks: false, evolves: "adds a column" },
  { name: "by a stage in chunks", server, isInChunks: true, evolves: "adds a column" },
  {
    name: "in chunks to a table that is written anew, of another version where there is one",
    server: debian ?? server,
    isInChunks: true,
    evolves: "writes the table anew",
  },
];

describe.each(WAYS)("rows that are added $name", ({ server: destination, isInChunks, evolves }) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(server, destination, { isInChunks });
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    await ends.source.query(`drop table if exists items; create table items (id bigint, note text, more int);
      insert into items select i, repeat('note', 200) || i, i from generate_series(1, 60) i`);
    const columns = {
      none: "id bigint, note text, more int",
      "adds a column": "id bigint, note text",
      "writes the table anew": "id int, note text, more int",
    }[evolves ?? "none"];
    await ends.destination.query(`drop table if exists items cascade; drop table if exists aside;
      create table items (${columns}, tag text); insert into items select i, 'theirs' from generate_series(1001, 1200) i;
      create table aside (id bigint)`);
  });

  const options = (verification: VerificationMode = "full") => ({
    table: "public.items",
    writeMode: "append" as const,
    policies: { verification, schemaChange: evolves === null ? ("ask" as const) : ("evolve" as const) },
    ...(evolves !== null && { schema: { agreed: evolves === "adds a column" ? null : AGREED, accepted: null } }),
  });
  const trigger = (when: string, body: string) =>
    ends.destination
      .query(`create or replace function meddle() returns trigger language plpgsql as $$ begin ${body} end $$;
      create ${when} on items ${when.startsWith("constraint") ? "deferrable initially deferred" : ""} for each row execute function meddle()`);
  const rows = async () =>
    (await ends.destination.query("select to_jsonb(i)::text as row from items i order by id")).rows;
  const answer = async (sql: string) => Object.values((await ends.destination.query(sql)).rows[0] ?? {})[0];

  it("are proved where they stand, beside what triggers put into columns of the table's own", async () => {
    await trigger(
      "trigger stamp before insert",
      "new.tag := 'stamped'; insert into aside values (new.id); return new;",
    );
    const outcome = await ends.copy(options());
    expect(outcome.proof).toMatchObject({ isVerified: true, destinationDigest: { rowCount: 60 } });
    expect(await answer("select count(*) from items where tag = 'stamped'")).toBe("60");
    expect(await answer("select count(*) from aside")).toBe("60");
    expect(await answer("select count(*) from items where tag is null and note = 'theirs'")).toBe("200");
  });

  it.each([
    [
      "a trigger before each row changes a value",
      "trigger t before insert",
      "new.note := upper(new.note); return new;",
      "60 different",
    ],
    [
      "a trigger before each row keeps it back",
      "trigger t before insert",
      "if new.id = 7 then return null; end if; return new;",
      "7 missing",
    ],
    [
      "a trigger after each row changes a value",
      "trigger t after insert",
      "update items set note = '' where id = new.id; return null;",
      "60 different",
    ],
    [
      "a trigger after each row changes it in a block of its own",
      "trigger t after insert",
      "begin update items set note = '' where id = new.id and new.id = 60; exception when others then null; end; return null;",
      // It carries an id of its own then, so that it does not count as what the run has brought.
      "60 missing",
    ],
    [
      "a trigger after each row deletes it",
      "trigger t after insert",
      "delete from items where id = new.id and id = 9; return null;",
      "9 missing",
    ],
    [
      "a trigger that waits for the commit changes a value",
      "constraint trigger t after insert",
      "update items set note = '' where id = new.id and id = 9; return null;",
      "9 different",
    ],
  ])("are refused where %s, by their keys, and the table is as it was", async (what, when, body, expected) => {
    const before = await rows();
    await trigger(when, body);
    const found: Verification[] = [];
    const { policies, ...rest } = options();
    const keyed = {
      ...rest,
      policies: { ...policies, key: ["id"] },
      onMismatch: (one: Verification) => found.push(one),
    };
    const error = await ends.failure(keyed);
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH", params: { side: "destination" } });
    expect(error.message).toMatch(/keys? differs?; 60 rows at the source, (59|60) at the destination$/);
    const [last] = found[0]?.differences.slice(-1) ?? [];
    expect(`${last?.key.join()} ${last?.kind}`).toBe(expected);
    expect(found[0]?.differenceCount).toBe(what.endsWith("changes a value") && !what.includes("waits") ? 60 : 1);
    expect(await rows()).toEqual(before);
  });

  it("are only counted where that is what the pipeline asks for", async () => {
    const keepsBack = "if new.id = 7 then return null; end if; new.note := ''; return new;";
    await trigger("trigger t before insert", keepsBack);
    expect((await ends.failure(options("count"))).code).toBe("COUNT_MISMATCH");
    expect(await answer("select count(*) from items")).toBe("200");
    await ends.destination.query("drop trigger t on items");
    await trigger("trigger t before insert", "new.note := ''; return new;");
    expect((await ends.copy(options("count"))).proof).toMatchObject({ isVerified: null, verification: "count" });
    expect(await answer("select count(*) from items where note = ''")).toBe("60");
  });

  it("are not even counted where verification is off", async () => {
    await trigger("trigger t before insert", "if new.id = 7 then return null; end if; return new;");
    expect((await ends.copy(options("off"))).proof).toMatchObject({ isVerified: null, verification: "off" });
    expect(await answer("select count(*) from items")).toBe("259");
  });

  it("may be none", async () => {
    await ends.source.query("truncate items");
    expect((await ends.copy(options())).proof).toMatchObject({ isVerified: true, destinationDigest: { rowCount: 0 } });
    expect(await answer("select count(*) from items")).toBe("200");
  });

  // COPY passes by all rules, and a column that a rule names cannot be altered.
  if (evolves === "adds a column")
    it("are refused where a rule sends them elsewhere", async () => {
      const before = await rows();
      await ends.destination.query(
        "create rule away as on insert to items do instead insert into aside values (new.id)",
      );
      expect((await ends.failure(options())).code).toBe("DIGEST_MISMATCH");
      expect((await ends.failure(options("count"))).code).toBe("COUNT_MISMATCH");
      expect([await rows(), await answer("select count(*) from aside")]).toEqual([before, "0"]);
    });

  // What rows are parted by cannot be altered.
  if (evolves !== "writes the table anew")
    it("may go into the partitions of a table", async () => {
      await ends.destination.query(`alter table items rename to items_high;
      create table items (like items_high) partition by range (id); alter table items attach partition items_high for values from (31) to (2000);
      create table items_low partition of items for values from (0) to (31)`);
      expect((await ends.copy(options())).proof).toMatchObject({
        isVerified: true,
        destinationDigest: { rowCount: 60 },
      });
      await trigger("trigger t before insert", "new.note := upper(new.note); return new;");
      expect((await ends.failure(options())).code).toBe("DIGEST_MISMATCH");
      expect(await answer("select count(*) from items")).toBe("260");
    });
});
