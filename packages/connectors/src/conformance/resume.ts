import assert from "node:assert/strict";
import { planRun } from "@millrace/engine";
import { PipelinePolicies } from "@millrace/shared";
import type { ConformanceCase } from "./case.ts";
import {
  assertArrived,
  assertUntouched,
  copy,
  destinationOf,
  failure,
  loadChunk,
  newIdentity,
  people,
  peopleRows,
  publish,
  requestOf,
  SMALL_CHUNKS,
  sourceOf,
  tableName,
  withEnds,
  withRun,
} from "./ends.ts";
import type { Harness } from "./harness.ts";

const ROWS = 3000;

/** A run that has committed its first two chunks and ended there, to be gone on with. */
async function beginAndStop(harness: Harness, name: string, identity = newIdentity()) {
  await harness.create("source", people(name, ROWS));
  const rowsOf = new Map<number, number>();
  await withRun(harness, { sourceTable: tableName(name), identity }, async (run) => {
    if (!run.load.isStaged) return;
    for (const chunk of run.chunks.slice(0, 2)) {
      await loadChunk(run, chunk);
      rowsOf.set(chunk.index, chunk.index);
    }
    await run.load.close({ keepsChunks: true });
  });
  return { identity, next: { ...identity, fence: identity.fence + 1 }, table: tableName(name), committed: rowsOf.size };
}

/** What a second claim finds, the fence, and that nothing is read or written twice. */
export const resume: readonly ConformanceCase[] = [
  {
    side: "source",
    area: "resume",
    name: "the chunks of a table have no row in common and lack none",
    run: async (harness) => {
      await harness.create("source", people("chunked", ROWS));
      await withRun(harness, { sourceTable: tableName("chunked") }, async ({ plan, reader, chunks }) => {
        assert.deepEqual(
          chunks.map(({ index }) => index),
          chunks.map((_chunk, index) => index),
        );
        if (plan.digestMethod === null) return;
        const whole = await reader.digest(plan, { index: 0, condition: null });
        let rowCount = 0;
        let xor = 0n;
        for (const chunk of chunks) {
          const part = await reader.digest(plan, chunk);
          rowCount += part.rowCount;
          xor ^= BigInt(part.xor);
        }
        assert.equal(rowCount, ROWS);
        assert.deepEqual([whole.rowCount, whole.xor], [ROWS, String(xor)]);
      });
    },
  },
  {
    side: "source",
    area: "resume",
    name: "what is read is what stood there when the session began, whatever is written meanwhile, in every reader",
    run: async (harness) => {
      const table = people("snapshot", 50);
      await harness.create("source", table);
      await withRun(harness, { sourceTable: table.name }, async (run) => {
        const other = await run.reader.openReader();
        try {
          await harness.insert("source", table, peopleRows(51, 60));
          await harness.remove("source", table.name, "1");
          const whole = { index: 0, condition: null };
          for (const reader of [run.reader, other]) {
            const read = reader.read(run.plan, whole);
            for await (const _piece of read.stream);
            assert.equal(read.rowCount(), 50);
          }
        } finally {
          await other.close();
        }
      });
    },
  },
  {
    side: "source",
    area: "resume",
    name: "a digest is equal for equal rows and differs when one value does",
    needs: "hasDigest",
    run: async (harness) => {
      const table = people("digested", 20);
      await harness.create("source", table);
      const digest = () =>
        withRun(harness, { sourceTable: table.name }, ({ plan, reader }) =>
          reader.digest(plan, { index: 0, condition: null }),
        );
      const first = await digest();
      assert.deepEqual(await digest(), first);
      await harness.remove("source", table.name, "3");
      await harness.insert("source", table, [["3", "person 3", "1.5"]]);
      const changed = await digest();
      assert.equal(changed.rowCount, first.rowCount);
      assert.notEqual(changed.sum, first.sum);
      assert.notEqual(changed.xor, first.xor);
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "the next claim of a run finds the chunks that were committed, goes on, and has every row once",
    run: async (harness) => {
      const { next, table, committed } = await beginAndStop(harness, "gone_on");
      const log: string[] = [];
      const onLog = (_level: string, message: string) => void log.push(message);
      const how = { sourceTable: table, identity: next, chunkBytes: SMALL_CHUNKS, parallelism: 2, onLog };
      const outcome = await copy(harness, how);
      assert.equal(outcome.rowsWritten, ROWS);
      if (committed > 0 && harness.connector.capabilities.hasDigest) {
        assert.ok(
          log.some((line) => line.includes(`${committed} were committed before`)),
          log.join("\n"),
        );
      }
      await assertArrived(harness, table, peopleRows(1, ROWS));
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "a chunk that is committed already stays as it is when it comes again",
    run: async (harness) => {
      const { next, table, committed } = await beginAndStop(harness, "twice");
      await withRun(harness, { sourceTable: table, identity: next }, async (run) => {
        assert.equal(run.load.committed.length, committed);
        const pending = run.load.isStaged ? run.chunks : [{ index: 0, condition: null }];
        for (const chunk of pending) await loadChunk(run, chunk);
        await publish(run, ROWS);
      });
      await assertArrived(harness, table, peopleRows(1, ROWS));
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "chunks that are discarded are forgotten with their rows",
    run: async (harness) => {
      const { next, table, committed } = await beginAndStop(harness, "discarded");
      await withRun(harness, { sourceTable: table, identity: next }, async (run) => {
        if (committed > 0) await run.load.discard([0]);
        const there = new Set(run.load.committed.map(({ index }) => index).filter((index) => index !== 0));
        const all = run.load.isStaged ? run.chunks : [{ index: 0, condition: null }];
        for (const chunk of all.filter(({ index }) => !there.has(index))) await loadChunk(run, chunk);
        await publish(run, ROWS);
      });
      await assertArrived(harness, table, peopleRows(1, ROWS));
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "a run that was published answers what it has committed, and changes nothing",
    run: async (harness) => {
      const identity = newIdentity();
      await harness.create("source", people("published", 10));
      await copy(harness, { sourceTable: tableName("published"), identity });
      await harness.create("source", people("published", 30));
      const again = await copy(harness, { sourceTable: tableName("published"), identity: { ...identity, fence: 2 } });
      assert.equal(again.rowsWritten, 10);
      await assertArrived(harness, tableName("published"), peopleRows(1, 10));
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "once a younger claim was here, an older one can begin no load",
    run: async (harness) => {
      const identity = newIdentity(5);
      await harness.create("source", people("fenced", 10));
      await copy(harness, { sourceTable: tableName("fenced"), identity });
      const late = { pipelineId: identity.pipelineId, runId: newIdentity().runId, fence: 4 };
      await failure(copy(harness, { sourceTable: tableName("fenced"), identity: late }), "FENCE_STALE");
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "an older claim commits no chunk and publishes nothing once a younger one has begun",
    run: async (harness) => {
      const identity = newIdentity();
      const table = tableName("overtaken");
      await harness.create("destination", people("overtaken", 2));
      await harness.create("source", people("overtaken", ROWS));
      const overtake = () =>
        withRun(harness, { sourceTable: table, identity: { ...identity, fence: 2 } }, async () => {});
      await withRun(harness, { sourceTable: table, identity }, async (run) => {
        const staged = run.load.isStaged;
        const chunks = staged ? run.chunks : [{ index: 0, condition: null }];
        if (!staged) for (const chunk of chunks) await loadChunk(run, chunk);
        await overtake();
        // The younger claim may end the older one's sessions as well.
        const refused = async () => {
          for (const chunk of staged ? chunks : []) await loadChunk(run, chunk);
          await publish(run, ROWS);
        };
        await failure(refused(), "FENCE_STALE", "CONNECTION_LOST", "STATEMENT_CANCELLED");
      });
      await assertArrived(harness, table, peopleRows(1, 2));
    },
  },
  {
    side: "destination",
    area: "resume",
    name: "rows and position are seen together: before a run publishes there is neither",
    needs: "canMerge",
    run: async (harness) => {
      const identity = newIdentity();
      const table = tableName("positioned");
      const policies = PipelinePolicies.parse({ incremental: { cursor: "id", barrierSeconds: 1 } });
      await harness.create("source", people("positioned", 20));
      await withEnds(harness, async (source, destination) => {
        const { signal } = new AbortController();
        const side = destinationOf(destination);
        const request = requestOf(source, destination, { sourceTable: table, writeMode: "merge", policies, identity });
        const plan = await planRun(request);
        const reader = await sourceOf(source).begin(table, signal);
        const whole = { index: 0, condition: null };
        const load = await side.begin(plan, { identity, chunks: [whole], isPartial: false }, signal);
        assert.equal(load.kind, "open");
        await loadChunk({ plan, chunks: [whole], reader, load }, whole);
        const observer = await harness.open("destination");
        assert.equal(await destinationOf(observer).cursorPosition(identity, table, signal), null);
        await assertUntouched(harness, table, null);
        const cursor = { column: "id", value: "20", of: "here" };
        const digest = await reader.digest(plan, whole);
        await load.publish(
          { rowCount: 20, verification: "full", sourceDigest: digest, destinationDigest: digest, cursor },
          { count: 0, room: 0, keep: async () => {} },
        );
        const recorded = await destinationOf(observer).cursorPosition(identity, table, signal);
        assert.deepEqual({ ...recorded, at: "" }, { ...cursor, at: "" });
        await observer.close();
        await load.close();
        await reader.close();
      });
    },
  },
];
