import { testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const ROWS = 20_000;

describe("readers of a table that is being replaced", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(
      `create table read (id int primary key); insert into read select generate_series(1, ${ROWS})`,
    );
    await ends.copy({ table: "public.read" });
  });
  afterAll(() => ends.close());

  it("never see it missing, empty or half", async () => {
    const seen = new Set<string>();
    const done = new AbortController();
    const reading = (async () => {
      while (!done.signal.aborted) seen.add((await ends.destination.query("select count(*) from read")).rows[0].count);
    })();
    for (let round = 0; round < 8; round++) await ends.copy({ table: "public.read", verify: round % 2 === 0 });
    done.abort();
    await reading;
    expect([...seen]).toEqual([String(ROWS)]);
  });

  it("see whole rows even with a snapshot from before", async () => {
    await ends.destination.query("begin isolation level repeatable read");
    try {
      await ends.destination.query("select 1");
      await ends.copy({ table: "public.read" });
      const { rows } = await ends.destination.query("select count(*) from read");
      expect(rows).toEqual([{ count: String(ROWS) }]);
    } finally {
      await ends.destination.query("rollback");
    }
  });
});
