import { testServer } from "@millrace/db/testing";
import { newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

const KEY = "a key of more than sixteen characters";

describe("a mapping with other write modes", () => {
  let ends: TwoEnds;
  const pipelineId = newId();
  let fence = 0;
  const identity = () => ({ pipelineId, runId: newId(), fence: ++fence });

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create table seen (id int primary key, email text, at timestamptz not null);
      insert into seen select i, 'a' || i, '2026-01-01'::timestamptz + i * interval '1 hour' from generate_series(1, 20) i`);
  });
  afterAll(() => ends.close());

  const mapped = (threshold = "10") => ({
    table: "public.seen",
    toTable: "public.kept",
    maskKey: KEY,
    mapping: {
      columns: [
        { source: "id", name: "key" },
        { source: "at", name: "seen_at" },
        { source: "email", name: "email", transform: { kind: "hmac" as const } },
      ],
      filter: { conditions: [{ column: "id", operator: "greater" as const, values: [threshold] }] },
    },
  });
  const count = async () => Number((await ends.destination.query("select count(*) as n from kept")).rows[0].n);

  it("merges by a renamed key, and reads on by the source's own cursor column", async () => {
    const policies = { incremental: { cursor: "at" } };
    const run = (threshold?: string) =>
      ends.copy({ ...mapped(threshold), writeMode: "merge", policies, identity: identity() });
    expect((await run()).rowsWritten).toBe(10);
    await ends.source.query("insert into seen values (21, 'new', '2026-03-01'), (0, 'filtered', '2026-03-01')");
    const { rowsWritten, proof } = await run();
    expect(rowsWritten).toBeLessThanOrEqual(2);
    expect(proof.isVerified).toBe(true);
    expect(await count()).toBe(11);
    // Under another mapping the rows that were read before are others, so all of them are read again.
    expect((await run("5")).rowsWritten).toBe(16);
    expect(await count()).toBe(16);
  });

  it("does not read custom SQL by a cursor", async () => {
    const error = await ends.failure({
      table: "public.seen",
      toTable: "public.kept",
      writeMode: "merge",
      policies: { incremental: { cursor: "at" } },
      identity: identity(),
      mapping: { query: { sql: "select 1 as key" } },
    });
    expect(told(error)).toBe("UNSUPPORTED: Reading custom SQL by a cursor is not supported");
  });
});
