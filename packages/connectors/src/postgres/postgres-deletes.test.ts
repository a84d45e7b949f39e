import { testServer } from "@millrace/db/testing";
import type { RowChanges } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const none: RowChanges = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 };

/** faults.md 37 and 40. */
describe("rows that the source has no more", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    await ends.source.query(`drop table if exists items; create table items (id int primary key, note text);
      insert into items select i, 'note ' || i from generate_series(1, 100) i`);
    await ends.destination.query("drop table if exists items");
  });

  type Deletes = NonNullable<NonNullable<CopyOptions["policies"]>["deletes"]>;
  const options = (deletes: Deletes): CopyOptions => ({
    table: "public.items",
    writeMode: "merge",
    policies: { deletes },
  });
  const merge = async (deletes: Deletes) => (await ends.copy(options(deletes))).proof.changes;
  const rows = async (sql: string) => (await ends.destination.query(sql)).rows;

  it("stay, unless the pipeline says otherwise", async () => {
    await merge({});
    await ends.source.query("delete from items where id <= 10");
    expect(await merge({})).toEqual({ ...none, unchanged: 90 });
    expect(await rows("select count(*) as count from items")).toEqual([{ count: "100" }]);
  });

  it("are deleted for good where the policy is hard", async () => {
    await merge({ mode: "hard" });
    await ends.source.query("delete from items where id <= 10; insert into items values (3, 'again')");
    expect(await merge({ mode: "hard" })).toEqual({ ...none, updated: 1, deleted: 9, unchanged: 90 });
    expect(await ends.difference("public.items")).toEqual([]);
  });

  it("are marked where the policy is soft, once, and the mark goes when they come back", async () => {
    await merge({ mode: "soft" });
    await ends.source.query("delete from items where id <= 10");
    expect(await merge({ mode: "soft" })).toEqual({ ...none, deleted: 10, unchanged: 90 });
    const marked = "select id, deleted_at from items where deleted_at is not null order by id";
    const before = await rows(marked);
    expect(before).toHaveLength(10);
    expect(await merge({ mode: "soft" })).toEqual({ ...none, unchanged: 90 });
    expect(await rows(marked)).toEqual(before);
    await ends.source.query("insert into items values (4, 'note 4'), (5, 'other')");
    expect(await merge({ mode: "soft" })).toEqual({ ...none, updated: 2, unchanged: 90 });
    expect((await rows(marked)).map(({ id }) => id)).toEqual(["1", "2", "3", "6", "7", "8", "9", "10"]);
  });

  it.each(["hard", "soft"] as const)(
    "are not touched where they are too many (%s), and the figures say so",
    async (mode) => {
      await merge({ mode });
      await ends.source.query("delete from items where id <= 51; update items set note = 'x' where id = 100");
      const error = await ends.failure(options({ mode }));
      expect(error.message).toBe("51 of the 100 rows of public.items would be deleted, which is more than 50 %");
      expect(await rows("select count(*) as count from items where note = 'x'")).toEqual([{ count: "0" }]);
      expect(await merge({ mode, maxPercent: 51 })).toEqual({ ...none, updated: 1, deleted: 51, unchanged: 48 });
    },
  );

  it("are too many where the source has no row at all", async () => {
    await merge({ mode: "hard" });
    await ends.source.query("truncate items");
    expect((await ends.failure(options({ mode: "hard" }))).code).toBe("TOO_MANY_DELETES");
    expect(await merge({ mode: "hard", maxPercent: 100 })).toEqual({ ...none, deleted: 100 });
  });

  it("a table that is replaced may be emptied, unless the pipeline has a limit", async () => {
    const replace = (maxShrinkPercent: number | null): CopyOptions => ({
      table: "public.items",
      policies: { maxShrinkPercent },
    });
    await ends.copy(replace(null));
    await ends.source.query("delete from items where id > 40");
    expect((await ends.failure(replace(50))).params).toMatchObject({ count: 60, total: 100, percent: 50 });
    expect(await rows("select count(*) as count from items")).toEqual([{ count: "100" }]);
    await ends.copy(replace(60));
    await ends.source.query("truncate items");
    await ends.copy(replace(null));
    expect(await rows("select count(*) as count from items")).toEqual([{ count: "0" }]);
  });

  it("a soft policy needs its column in a table that Millrace did not make", async () => {
    await ends.destination.query("create table items (id int primary key, note text)");
    expect(await ends.failure(options({ mode: "soft" }))).toMatchObject({
      code: "COLUMN_MISSING",
      params: { column: "deleted_at" },
    });
  });
});
