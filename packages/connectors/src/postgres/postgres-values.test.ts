import { debianServer, testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";
import { createCorpus, TYPE_CORPUS } from "./testing/type-corpus.ts";

/** faults.md 65 to 70: each type with its hard values, through a copy, equal byte by byte. Within one version the conformance suite sees it. */

const embedded = await testServer();
const debian = await debianServer();

const pairs = [
  { name: "18 to 18", from: embedded, to: embedded },
  ...(debian
    ? [
        { name: "15 to 15", from: debian, to: debian },
        { name: "15 to 18", from: debian, to: embedded },
        { name: "18 to 15", from: embedded, to: debian },
      ]
    : []),
];

describe.each(pairs)("values from PostgreSQL $name", ({ from, to }) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(from, to);
    await createCorpus(ends.source);
  });
  afterAll(() => ends.close());

  const between = from === to ? [] : TYPE_CORPUS;
  it.each(between.filter(({ since = 0 }) => Math.min(from.major, to.major) >= since))(
    "$title arrives unharmed",
    async ({ table }) => {
      const outcome = await ends.copy({ table });
      expect(outcome.proof.isVerified).toBe(true);
      expect(await ends.difference(table)).toEqual([]);
      const { rows } = await ends.source.query(`select count(*) as count from ${table}`);
      expect(String(outcome.rowsWritten)).toBe(rows[0].count);
      expect(outcome.rowsWritten).toBeGreaterThan(0);
    },
  );

  it("columns of all types that are never null arrive and are verified together", async () => {
    const entries = TYPE_CORPUS.filter(({ since = 0 }) => Math.min(from.major, to.major) >= since);
    const columns = entries.map(({ type, literals }, index) => `(${literals[0]})::${type} as c${index}`);
    const constraints = entries.map((_entry, index) => `alter c${index} set not null`);
    await ends.source.query(`
      create table every_type as select ${columns.join(", ")} from generate_series(1, 3);
      alter table every_type ${constraints.join(", ")}`);
    const outcome = await ends.copy({ table: "public.every_type" });
    expect(outcome.proof).toMatchObject({ isVerified: true, sourceDigest: { rowCount: 3 } });
    expect(await ends.difference("public.every_type")).toEqual([]);
  });
});
