import assert from "node:assert/strict";
import { executeRun, type QuarantinedRow } from "@millrace/engine";
import { AppError } from "@millrace/shared";
import type { ConformanceCase } from "./case.ts";
import {
  assertArrived,
  assertUntouched,
  copy,
  failure,
  NOT_VERIFIED,
  people,
  peopleRows,
  requestOf,
  withEnds,
  withLoads,
  withReads,
  withSessions,
} from "./ends.ts";

const LOST = ["CONNECTION_LOST", "STATEMENT_CANCELLED"] as const;

/** Failures by their code and their end, with the destination as it was. */
export const errors: readonly ConformanceCase[] = [
  {
    side: "source",
    area: "errors",
    name: "a source that is lost in the middle fails the run by a code and its side, and the destination is as it was",
    run: async (harness) => {
      const table = people("source_lost", 10_000);
      await harness.create("source", table);
      await harness.create("destination", people("source_lost", 2));
      const run = withEnds(harness, async (source, destination) => {
        const cutOnRead = withSessions(source, (session) => {
          const read = session.read.bind(session);
          const digest = session.digest.bind(session);
          let cut: Promise<void> | undefined;
          session.read = (...asked) => {
            const reading = read(...asked);
            reading.stream.once("data", () => void (cut ??= harness.disconnect("source")));
            return reading;
          };
          // Rows that were on their way already may all arrive.
          session.digest = async (...asked) => {
            await cut;
            return digest(...asked);
          };
        });
        await executeRun(requestOf(cutOnRead, destination, { sourceTable: table.name }));
      });
      const error = await failure(run, ...LOST);
      assert.equal(error.params["side"], "source");
      await assertUntouched(harness, table.name, peopleRows(1, 2));
      await copy(harness, { sourceTable: table.name });
    },
  },
  {
    side: "destination",
    area: "errors",
    name: "a destination that is lost before it publishes leaves everything as it was, and the next run goes through",
    run: async (harness) => {
      const table = people("destination_lost", 500);
      await harness.create("source", table);
      await harness.create("destination", people("destination_lost", 2));
      const run = withEnds(harness, async (source, destination) => {
        const cutOnPublish = withLoads(destination, (load) => {
          const publish = load.publish.bind(load);
          load.publish = async (...args) => {
            await harness.disconnect("destination");
            return publish(...args);
          };
        });
        await executeRun(requestOf(source, cutOnPublish, { sourceTable: table.name }));
      });
      const error = await failure(run, ...LOST);
      assert.equal(error.params["side"], "destination");
      await assertUntouched(harness, table.name, peopleRows(1, 2));
      await copy(harness, { sourceTable: table.name });
      await assertArrived(harness, table.name, table.rows);
    },
  },
  {
    side: "source",
    area: "errors",
    name: "an error of a stream reaches whoever writes as that error, and never as the end of the rows",
    run: async (harness) => {
      const table = people("broken_stream", 5000);
      await harness.create("source", table);
      const boom = new RangeError("broken on purpose");
      const seen = new AppError("CONNECTION_LOST", { params: { side: "source" }, cause: boom });
      const run = withEnds(harness, async (source, destination) => {
        const broken = withReads(source, (read) => {
          read.stream.once("data", () => read.stream.destroy(boom));
          return { ...read, toError: (error) => (error === boom ? seen : read.toError(error)) };
        });
        await executeRun(requestOf(broken, destination, { sourceTable: table.name, policies: NOT_VERIFIED }));
      });
      assert.equal(await failure(run, "CONNECTION_LOST"), seen);
      assert.equal(await harness.rows("destination", table.name, ["id"]), null);
    },
  },
  {
    side: "destination",
    area: "errors",
    name: "a row that the destination refuses fails the run by its column, without its values, and nothing is changed",
    run: async (harness) => {
      const table = people("refused_row", 400);
      await harness.create("source", table);
      const columns = table.columns.map((column) => ({ ...column, isNullable: false }));
      const log: string[] = [];
      await harness.create("destination", { ...table, columns, rows: peopleRows(1, 2) });
      const onLog = (_level: string, message: string) => void log.push(message);
      const error = await failure(copy(harness, { sourceTable: table.name, onLog }), "CONSTRAINT_VIOLATED");
      assert.equal(error.params["side"], "destination");
      assert.equal(error.params["column"], "name");
      assert.ok(![JSON.stringify(error.toSummary()), ...log].some((text) => text.includes("9007199254740993")));
      await assertUntouched(harness, table.name, peopleRows(1, 2));
    },
  },
  {
    side: "destination",
    area: "errors",
    name: "within a budget the rows at fault are set aside with their values, the others arrive, and the proof is one",
    run: async (harness) => {
      const table = people("set_aside", 300);
      await harness.create("source", table);
      const columns = table.columns.map((column) => ({ ...column, isNullable: false }));
      await harness.create("destination", { ...table, columns, rows: [] });
      const kept: QuarantinedRow[] = [];
      const outcome = await copy(harness, {
        sourceTable: table.name,
        budget: { maxRows: 42 },
        quarantine: { begin: async () => {}, keep: async (rows) => void kept.push(...rows) },
      });
      assert.equal(outcome.rowsQuarantined, 42);
      assert.notEqual(outcome.proof.isVerified, false);
      assert.deepEqual(
        kept
          .map(({ key }) => Number(key?.["id"]))
          .sort((a, b) => a - b)
          .slice(0, 3),
        [7, 14, 21],
      );
      assert.ok(kept.every(({ column, values }) => column === "name" && values?.["amount"]?.startsWith("90071992")));
      await assertArrived(
        harness,
        table.name,
        table.rows.filter(([, name]) => name !== null),
      );
    },
  },
];
