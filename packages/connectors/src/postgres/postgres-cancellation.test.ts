import { testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COPYING, SLOW_VIEW, untilRow } from "./testing/slow-table.ts";
import { leftovers } from "./testing/structure-of.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

/** "Executing runs" 8: cancelled at both servers, rolled back, and soon. */
describe("cancelling a run", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(SLOW_VIEW);
    await ends.source.query("create table big (id int primary key); insert into big select generate_series(1, 300000)");
    await ends.destination.query(
      "create table slow (id int, pause bool, filler text); insert into slow values (0, null, 'old')",
    );
  });
  afterAll(() => ends.close());

  const OTHERS = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
  const NOBODY = `select 1 as nobody where not exists (${OTHERS})`;

  it("in the middle of the copy stops both servers and leaves the destination as it was", async () => {
    const controller = new AbortController();
    const failed = ends.failure({ table: "public.slow", signal: controller.signal });
    await untilRow(ends.source, COPYING);
    await untilRow(ends.destination, COPYING);
    const startedAt = performance.now();
    controller.abort();
    expect((await failed).code).toBe("RUN_CANCELLED");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await untilRow(ends.source, NOBODY);
    await untilRow(ends.destination, NOBODY);
    expect((await ends.destination.query("select filler from slow")).rows).toEqual([{ filler: "old" }]);
    expect(await leftovers(ends.destination)).toEqual([]);
  });

  it.each(["plan", "copy", "verify", "publish"] as const)(
    "at the start of the stage %s cancels or is too late, and nothing in between",
    async (stage) => {
      const controller = new AbortController();
      await ends.destination.query(
        "drop table if exists big; create table big (id int primary key); insert into big values (-1)",
      );
      const result = await ends
        .copy({
          table: "public.big",
          signal: controller.signal,
          onProgress: (progress) => {
            if (progress.stage === stage) controller.abort();
          },
        })
        .catch((error: unknown) => error);
      const { rows } = await ends.destination.query("select count(*) from big");
      expect(result).toMatchObject({ code: "RUN_CANCELLED" });
      expect(rows).toEqual([{ count: "1" }]);
      await untilRow(ends.destination, NOBODY);
    },
  );

  it("while the destination waits for a lock ends the waiting", async () => {
    await ends.destination.query("begin; lock table slow in access exclusive mode");
    try {
      const controller = new AbortController();
      const failed = ends.failure({
        table: "public.big",
        toTable: "public.slow",
        writeMode: "append",
        signal: controller.signal,
      });
      await untilRow(ends.destination, "select 1 as waiting from pg_locks where not granted");
      controller.abort();
      expect((await failed).code).toBe("RUN_CANCELLED");
    } finally {
      await ends.destination.query("rollback");
    }
  });

  it("before the start does nothing", async () => {
    const controller = new AbortController();
    controller.abort();
    expect((await ends.failure({ table: "public.big", toTable: "public.never", signal: controller.signal })).code).toBe(
      "RUN_CANCELLED",
    );
  });
});
