import assert from "node:assert/strict";
import { BATCHES, undoRun } from "@millrace/engine";
import { AppError, newId, PipelinePolicies, type WriteMode } from "@millrace/shared";
import type { ConformanceCase } from "./case.ts";
import {
  assertArrived,
  assertUntouched,
  copy,
  failure,
  NAMES,
  newIdentity,
  people,
  peopleRows,
  withEnds,
} from "./ends.ts";
import type { Harness, PortableRow } from "./harness.ts";

/** A mode that the destination lacks. */
const refusedMode = (writeMode: WriteMode) => async (harness: Harness) => {
  const table = people(`refused_${writeMode}`, 5);
  await harness.create("source", table);
  await harness.create("destination", people(`refused_${writeMode}`, 2));
  await failure(copy(harness, { sourceTable: table.name, writeMode }), "UNSUPPORTED");
  await assertUntouched(harness, table.name, peopleRows(1, 2));
};

const CHANGED: PortableRow = ["2", "another", "0.5"];

/** What becomes of rows that stand at the destination already. */
export const writeModes: readonly ConformanceCase[] = [
  {
    side: "destination",
    area: "write modes",
    name: "replace leaves just the rows of the source, in a table that stays what it was",
    run: async (harness) => {
      const table = people("replaced", 30);
      await harness.create("source", table);
      await harness.create("destination", {
        ...table,
        rows: [
          ["7", "old", "1"],
          ["99", "old", "2"],
        ],
      });
      await copy(harness, { sourceTable: table.name });
      await assertArrived(harness, table.name, table.rows);
      await withEnds(harness, async (_source, destination) => {
        const described = await destination.describe(table.name, new AbortController().signal);
        assert.deepEqual(described?.primaryKey, ["id"]);
        assert.deepEqual(
          described?.columns.map(({ isNullable }) => isNullable),
          [false, true, true],
        );
      });
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "append adds the rows to those that are there, each time",
    run: async (harness) => {
      const table = { ...people("appended", 20), primaryKey: [] };
      await harness.create("source", table);
      for (let time = 0; time < 2; time++) {
        const { rowsWritten, proof } = await copy(harness, { sourceTable: table.name, writeMode: "append" });
        assert.equal(rowsWritten, 20);
        assert.notEqual(proof.isVerified, false);
      }
      await assertArrived(harness, table.name, [...table.rows, ...table.rows]);
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "merge inserts, updates and leaves alone by the key, and counts each",
    needs: "canMerge",
    refusal: refusedMode("merge"),
    run: async (harness) => {
      const table = people("merged", 10);
      await harness.create("source", table);
      await harness.create("destination", { ...table, rows: [CHANGED, ...peopleRows(3, 5), ["77", "only here", "1"]] });
      const { proof } = await copy(harness, { sourceTable: table.name, writeMode: "merge" });
      assert.deepEqual(proof.changes, { inserted: 6, updated: 1, deleted: 0, unchanged: 3, duplicates: 0 });
      await assertArrived(harness, table.name, [...table.rows, ["77", "only here", "1"]]);
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "of rows that come with one key, one is kept and the others are counted",
    needs: "canMerge",
    run: async (harness) => {
      const table = { ...people("doubled", 5), primaryKey: [] };
      await harness.create("source", { ...table, rows: [...table.rows, CHANGED, ["2", "third", "3"]] });
      const policies = PipelinePolicies.parse({ key: ["id"] });
      const { proof } = await copy(harness, { sourceTable: table.name, writeMode: "merge", policies });
      assert.equal(proof.changes?.duplicates, 2);
      const rows = await harness.rows("destination", table.name, NAMES);
      assert.deepEqual(rows?.map(([id]) => id).sort(), ["1", "2", "3", "4", "5"]);
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "rows that the source has no more are deleted where that is asked for, and never more than the guard lets",
    needs: "canMerge",
    run: async (harness) => {
      const table = people("deleted", 10);
      await harness.create("destination", people("deleted", 12));
      await harness.create("source", table);
      const hard = (maxPercent: number) => PipelinePolicies.parse({ deletes: { mode: "hard", maxPercent } });
      const how = { sourceTable: table.name, writeMode: "merge" } as const;
      await failure(copy(harness, { ...how, policies: hard(5) }), "TOO_MANY_DELETES");
      await assertUntouched(harness, table.name, peopleRows(1, 12));
      const { proof } = await copy(harness, { ...how, policies: hard(50) });
      assert.equal(proof.changes?.deleted, 2);
      await assertArrived(harness, table.name, table.rows);
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "a row without a key fails a merge, and nothing of it is done",
    needs: "canMerge",
    run: async (harness) => {
      const table = people("keyless", 3);
      await harness.create("source", { ...table, primaryKey: [] });
      await harness.create("destination", { ...table, rows: [["1", "old", "1"]] });
      const policies = PipelinePolicies.parse({ key: ["name"] });
      await harness.insert("source", table, [["9", null, "1"]]);
      const error = await copy(harness, { sourceTable: table.name, writeMode: "merge", policies }).catch(
        (thrown: unknown) => thrown,
      );
      // A system may want an index on the key first.
      assert.ok(error instanceof AppError && ["KEY_NULL", "KEY_NOT_UNIQUE"].includes(error.code), String(error));
      await assertUntouched(harness, table.name, [["1", "old", "1"]]);
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "an incremental run reads from its position on, and what it has read is remembered",
    needs: "canMerge",
    run: async (harness) => {
      const table = people("incremental", 10);
      const policies = PipelinePolicies.parse({ incremental: { cursor: "id", barrierSeconds: 1 } });
      const identity = newIdentity();
      const how = { sourceTable: table.name, writeMode: "merge", policies } as const;
      await harness.create("source", table);
      await copy(harness, { ...how, identity });
      await harness.insert("source", table, peopleRows(11, 15));
      await harness.remove("source", table.name, "1");
      const next = { pipelineId: identity.pipelineId, runId: newIdentity().runId, fence: 2 };
      const { rowsRead } = await copy(harness, { ...how, identity: next });
      // The range holds its first value, which is read twice.
      assert.equal(rowsRead, 6);
      await assertArrived(harness, table.name, peopleRows(1, 15));
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "an incremental run deletes what has gone, told by the keys of all rows, in every wire format",
    needs: "canMerge",
    run: async (harness) => {
      const policies = PipelinePolicies.parse({
        incremental: { cursor: "id", barrierSeconds: 1 },
        deletes: { mode: "hard", maxPercent: 50 },
      });
      for (const wireFormats of [undefined, [BATCHES]]) {
        const table = people(`gone_in_${wireFormats?.[0] ?? "any"}`, 10);
        const identity = newIdentity();
        const how = { sourceTable: table.name, writeMode: "merge", policies, wireFormats } as const;
        await harness.create("source", table);
        await copy(harness, { ...how, identity });
        await harness.remove("source", table.name, "3");
        await harness.insert("source", table, peopleRows(11, 12));
        const next = { pipelineId: identity.pipelineId, runId: newIdentity().runId, fence: 2 };
        const { proof } = await copy(harness, { ...how, identity: next });
        assert.deepEqual([proof.changes?.inserted, proof.changes?.deleted], [2, 1]);
        await assertArrived(
          harness,
          table.name,
          peopleRows(1, 12).filter(([id]) => id !== "3"),
        );
      }
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "history closes the version of a row that has changed and adds the new one",
    needs: "canKeepHistory",
    refusal: refusedMode("history"),
    run: async (harness) => {
      const table = people("versions", 3);
      await harness.create("source", table);
      const how = { sourceTable: table.name, writeMode: "history" } as const;
      await copy(harness, how);
      await harness.remove("source", table.name, "2");
      await harness.insert("source", table, [CHANGED]);
      const { proof } = await copy(harness, how);
      assert.deepEqual([proof.changes?.updated, proof.changes?.unchanged], [1, 2]);
      await assertArrived(harness, table.name, [...table.rows, CHANGED]);
    },
  },
  {
    side: "destination",
    area: "write modes",
    name: "a run can be undone where the destination keeps what it has replaced, and is refused elsewhere",
    run: async (harness) => {
      const table = people("undone", 10);
      const identity = newIdentity();
      await harness.create("source", table);
      await harness.create("destination", people("undone", 3));
      const policies = PipelinePolicies.parse({ undo: { keepHours: 1 } });
      await copy(harness, { sourceTable: table.name, policies, identity });
      const undo = () =>
        withEnds(harness, async (_source, destination) =>
          undoRun({
            destination,
            table: table.name,
            identity: { pipelineId: identity.pipelineId, runId: newId(), fence: 2 },
            undoes: identity.runId,
            signal: new AbortController().signal,
            onLog: () => {},
            onProgress: () => {},
          }),
        );
      const canUndo = await withEnds(harness, async (_source, { destination }) => destination?.undo !== undefined);
      if (canUndo) assert.equal((await undo()).rowCount, 3);
      else await failure(undo(), "UNSUPPORTED");
      await assertArrived(harness, table.name, peopleRows(1, canUndo ? 3 : 10));
    },
  },
];
