import assert from "node:assert/strict";
import { executeRun } from "@millrace/engine";
import type { ConformanceCase } from "./case.ts";
import {
  assertArrived,
  assertUntouched,
  copy,
  failure,
  loadChunk,
  people,
  peopleRows,
  requestOf,
  sourceOf,
  tableName,
  withEnds,
  withRun,
} from "./ends.ts";

const MANY = 10_000;

/** What an aborted signal ends, and how. */
export const cancellation: readonly ConformanceCase[] = [
  {
    side: "source",
    area: "cancellation",
    name: "nothing begins under a signal that has aborted",
    run: async (harness) => {
      await harness.create("source", people("never_begun", 3));
      await failure(harness.open("source", AbortSignal.abort()), "RUN_CANCELLED");
      await withEnds(harness, async (source, destination) => {
        const signal = AbortSignal.abort();
        await failure(sourceOf(source).begin(tableName("never_begun"), signal), "RUN_CANCELLED");
        const request = requestOf(source, destination, { sourceTable: tableName("never_begun"), signal });
        await failure(executeRun(request), "RUN_CANCELLED");
      });
      assert.equal(await harness.rows("destination", tableName("never_begun"), ["id"]), null);
    },
  },
  {
    side: "source",
    area: "cancellation",
    name: "a read that is under way ends with RUN_CANCELLED, and what was written of it is rolled back",
    run: async (harness) => {
      const table = people("cut_off", MANY);
      const controller = new AbortController();
      await harness.create("source", table);
      await harness.create("destination", people("cut_off", 2));
      const run = withRun(
        harness,
        { sourceTable: table.name, signal: controller.signal },
        async ({ plan, reader, load }) => {
          const whole = { index: 0, condition: null };
          const writer = await load.openWriter();
          const read = reader.read(plan, whole);
          read.stream.once("data", () => controller.abort());
          try {
            await writer.write(whole, read.stream).catch((error: unknown) => {
              throw error === read.stream.errored ? read.toError(error) : error;
            });
          } finally {
            await writer.close();
          }
        },
      );
      await failure(run, "RUN_CANCELLED");
      await assertUntouched(harness, table.name, peopleRows(1, 2));
    },
  },
  {
    side: "destination",
    area: "cancellation",
    name: "a run that is cancelled before it publishes publishes nothing",
    run: async (harness) => {
      const table = people("too_late", 200);
      const controller = new AbortController();
      await harness.create("source", table);
      await harness.create("destination", people("too_late", 2));
      const run = withRun(harness, { sourceTable: table.name, signal: controller.signal }, async (open) => {
        const chunks = open.load.isStaged ? open.chunks : [{ index: 0, condition: null }];
        for (const chunk of chunks) await loadChunk(open, chunk);
        controller.abort();
        const loaded = {
          rowCount: 200,
          verification: "off",
          sourceDigest: null,
          destinationDigest: null,
          cursor: null,
        } as const;
        await open.load.publish(loaded, { count: 0, room: 0, keep: async () => {} });
      });
      await failure(run, "RUN_CANCELLED");
      await assertUntouched(harness, table.name, peopleRows(1, 2));
    },
  },
  {
    side: "destination",
    area: "cancellation",
    name: "after a run was cancelled the next one goes through",
    run: async (harness) => {
      const table = people("next_time", MANY);
      const controller = new AbortController();
      await harness.create("source", table);
      const onProgress = () => controller.abort();
      await failure(copy(harness, { sourceTable: table.name, signal: controller.signal, onProgress }), "RUN_CANCELLED");
      await harness.create("source", people("next_time", 50));
      await copy(harness, { sourceTable: table.name });
      await assertArrived(harness, table.name, peopleRows(1, 50));
    },
  },
];
