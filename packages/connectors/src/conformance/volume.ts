import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BATCHES, executeRun, planRun } from "@millrace/engine";
import type { ConformanceCase } from "./case.ts";
import { NOT_VERIFIED, people, requestOf, sourceOf, withEnds, withReads } from "./ends.ts";
import type { Harness } from "./harness.ts";

const MEGABYTE = 1024 ** 2;
const VALUE_BYTES = 100_000;
const DIFFERENT_ROWS = 10;
const TIMES = 60;
/** What may be on its way at once between two ends that gather nothing. */
const MAX_HELD = 28 * MEGABYTE;
/** How many bytes pass between two looks at what is held. */
const STEP = 4 * MEGABYTE;
/** What a reader may have read ahead of whoever writes. */
const MAX_AHEAD = 8 * MEGABYTE;
/** So many turns without a byte more mean that the reader waits. */
const QUIET_TURNS = 1000;

/** 60 MB of rows. */
async function bulky(harness: Harness, name: string) {
  const rows = Array.from({ length: DIFFERENT_ROWS }, (_row, id) => [String(id), `${id}`.repeat(VALUE_BYTES), null]);
  const table = { ...people(name, 0), primaryKey: [], rows };
  await harness.create("source", table);
  await harness.multiply("source", table.name, TIMES);
  return table.name;
}

/** How much more is in buffers than now; what nobody holds any more is collected before it is counted. */
function heldBytes(): () => number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const inBuffers = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = inBuffers();
  return () => inBuffers() - before;
}

/** Memory does not grow with the table. */
export const volume: readonly ConformanceCase[] = [
  {
    side: "source",
    area: "volume",
    name: "a reader that nobody reads from stops reading, whatever the wire format",
    run: async (harness) => {
      const table = await bulky(harness, "unread");
      for (const wireFormats of [undefined, [BATCHES]]) {
        await withEnds(harness, async (source, destination) => {
          const plan = await planRun(requestOf(source, destination, { sourceTable: table, wireFormats }));
          const session = await sourceOf(source).begin(table, new AbortController().signal);
          const read = session.read(plan, { index: 0, condition: null });
          // The first piece is asked for, and none after it.
          await new Promise((resolve) => read.stream.once("readable", resolve));
          let last = -1;
          for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
            if (read.byteCount() !== last) quiet = 0;
            last = read.byteCount();
            await nextTurn();
          }
          read.stream.on("error", () => {});
          read.stream.destroy();
          await session.close();
          assert.ok(last > 0 && last < MAX_AHEAD, `${last} bytes were read ahead`);
        });
      }
    },
  },
  {
    side: "destination",
    area: "volume",
    name: "60 MB pass in batches without being gathered, and are counted exactly",
    run: async (harness) => {
      const table = await bulky(harness, "large");
      const held = heldBytes();
      let peak = 0;
      let looked = 0;
      const outcome = await withEnds(harness, (source, destination) => {
        const watched = withReads(source, (read) => {
          read.stream.on("data", () => {
            if (read.byteCount() - looked < STEP) return;
            looked = read.byteCount();
            peak = Math.max(peak, held());
          });
          return read;
        });
        const how = { sourceTable: table, wireFormats: [BATCHES], policies: NOT_VERIFIED };
        return executeRun(requestOf(watched, destination, how));
      });
      assert.ok(looked > 0);
      assert.deepEqual([outcome.rowsRead, outcome.rowsWritten], [DIFFERENT_ROWS * TIMES, DIFFERENT_ROWS * TIMES]);
      assert.ok(peak < MAX_HELD, `${Math.round(peak / MEGABYTE)} MB at once`);
    },
  },
];
