import { testServer } from "@millrace/db/testing";
import type { RowChanges } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const none: RowChanges = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 };

describe.each([
  { name: "in one transaction", isInChunks: false },
  { name: "in chunks", isInChunks: true },
])("history $name", ({ isInChunks }) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer(), undefined, { isInChunks });
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    await ends.source.query(`drop table if exists items; create table items (id int primary key, note text unique);
      insert into items select i, 'note ' || i from generate_series(1, 100) i`);
    await ends.destination.query("drop table if exists items");
  });

  const keep = async (policies: CopyOptions["policies"] = {}) => {
    const { proof } = await ends.copy({ table: "public.items", writeMode: "history", policies });
    expect(proof.isVerified).toBe(true);
    return proof.changes;
  };
  const versions = async (id: number) =>
    (
      await ends.destination.query(
        "select note, is_current, valid_to is null as is_open, valid_from < valid_to as is_span from items where id = $1 order by valid_from",
        [id],
      )
    ).rows;

  it("an unchanged source changes nothing, however often it is read", async () => {
    expect(await keep()).toEqual({ ...none, inserted: 100 });
    const all = async () => (await ends.destination.query("select xmin, ctid, * from items order by id")).rows;
    const before = await all();
    expect(await keep()).toEqual({ ...none, unchanged: 100 });
    expect(await keep()).toEqual({ ...none, unchanged: 100 });
    expect(await all()).toEqual(before);
  });

  it("a changed row closes its version and opens another at the same instant", async () => {
    await keep();
    await ends.source.query("update items set note = 'second' where id = 7; insert into items values (200, 'new')");
    expect(await keep()).toEqual({ ...none, inserted: 1, updated: 1, unchanged: 99 });
    await ends.source.query("update items set note = 'note 7' where id = 7");
    expect(await keep()).toEqual({ ...none, updated: 1, unchanged: 100 });
    const [open, closed] = [
      { is_current: "t", is_open: "t", is_span: null },
      { is_current: "f", is_open: "f", is_span: "t" },
    ];
    expect(await versions(7)).toEqual([
      { note: "note 7", ...closed },
      { note: "second", ...closed },
      { note: "note 7", ...open },
    ]);
    const { rows: gaps } = await ends.destination.query(
      "select from items a where not is_current and not exists (select from items b where b.id = a.id and b.valid_from = a.valid_to)",
    );
    expect(gaps).toEqual([]);
  });

  it("a row that is gone closes its version where the policy is soft, and opens one when it comes back", async () => {
    const policies = { deletes: { mode: "soft" as const } };
    await keep(policies);
    await ends.source.query("delete from items where id in (1, 2)");
    expect(await keep()).toEqual({ ...none, unchanged: 98 });
    expect(await keep(policies)).toEqual({ ...none, deleted: 2, unchanged: 98 });
    expect(await keep(policies)).toEqual({ ...none, unchanged: 98 });
    await ends.source.query("insert into items values (1, 'note 1')");
    expect(await keep(policies)).toEqual({ ...none, inserted: 1, unchanged: 98 });
    expect((await versions(1)).map((version) => version["is_current"])).toEqual(["f", "t"]);
    expect((await versions(2)).map((version) => version["is_current"])).toEqual(["f"]);
  });

  it("is refused where it cannot be kept, before anything changes", async () => {
    const failure = async (policies: CopyOptions["policies"] = {}) =>
      (await ends.failure({ table: "public.items", writeMode: "history", policies })).code;
    expect(await failure({ deletes: { mode: "hard" } })).toBe("UNSUPPORTED");
    await ends.destination.query("create table items (id int, note text)");
    expect(await failure()).toBe("COLUMN_MISSING");
    await ends.destination.query(
      "alter table items add valid_from timestamptz not null, add valid_to timestamptz, add is_current boolean not null",
    );
    await ends.destination.query("alter table items add unique (id)");
    expect(await failure()).toBe("UNSUPPORTED");
    await ends.destination.query("alter table items drop constraint items_id_key");
    expect(await keep()).toEqual({ ...none, inserted: 100 });
    await ends.source.query("alter table items add is_current boolean");
    expect(await failure()).toBe("COLUMN_RESERVED");
  });
});
