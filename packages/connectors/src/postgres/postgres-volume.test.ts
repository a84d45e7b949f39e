import { testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const ROWS = 1_000_000;
const MEGABYTE = 1024 ** 2;

describe("a million rows", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create table large as select i as id, i * 7 % 1000 as part, repeat(md5(i::text), 5) as note, i::numeric / 3 as share from generate_series(1, ${ROWS}) i;
      create table wide_rows as select i as id, repeat('x', 8000000) as filler from generate_series(1, 25) i`);
  });
  afterAll(() => ends.close());

  it.each([
    ["large", ROWS],
    ["wide_rows", 25],
  ])("%s passes through flat memory, counted exactly", async (table, rowCount) => {
    let peakBytes = 0;
    let last = { rows: 0, bytes: 0 };
    const outcome = await ends.copy({
      table: `public.${table}`,
      onProgress: ({ rows, bytes }) => {
        peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
        expect(rows).toBeGreaterThanOrEqual(last.rows);
        last = { rows, bytes };
      },
    });
    expect(outcome).toMatchObject({
      rowsRead: rowCount,
      rowsWritten: rowCount,
      proof: { isVerified: true, wireFormat: "pg-binary" },
    });
    expect(last).toEqual({ rows: rowCount, bytes: outcome.proof.bytes });
    expect(outcome.proof.bytes).toBeGreaterThan(190 * MEGABYTE);
    // What is under way between two sockets, and what has passed and waits to be collected.
    expect(peakBytes / MEGABYTE).toBeLessThan(110);
  });
});
