import assert from "node:assert/strict";
import type { ConformanceCase } from "./case.ts";
import { assertArrived, copy, failure, loadChunk, people, sourceOf, tableName, withEnds, withRun } from "./ends.ts";
import { SECRET } from "./harness.ts";

/** Opening, closing, and what a connector says of itself. */
export const lifecycle: readonly ConformanceCase[] = [
  {
    side: "source",
    area: "lifecycle",
    name: "a connection has the ends that its connector says it can be",
    run: async (harness) =>
      withEnds(harness, async (source, destination) => {
        const { canRead, canWrite } = harness.connector.capabilities;
        assert.equal(source.source !== undefined, canRead);
        assert.equal(destination.destination !== undefined, canWrite);
        assert.deepEqual([source.side, destination.side], ["source", "destination"]);
      }),
  },
  {
    side: "source",
    area: "lifecycle",
    name: "whatever is open may be closed twice and in any order",
    run: async (harness) => {
      await harness.create("source", people("closing", 3));
      const connection = await harness.open("source");
      const session = await sourceOf(connection).begin(tableName("closing"), new AbortController().signal);
      await connection.close();
      await session.close();
      await session.close();
      await connection.close();
    },
  },
  {
    side: "source",
    area: "lifecycle",
    name: "a session that is closed leaves its connection to the next",
    run: async (harness) => {
      await harness.create("source", people("again", 3));
      await withEnds(harness, async (source) => {
        for (let time = 0; time < 3; time++) {
          const session = await sourceOf(source).begin(tableName("again"), new AbortController().signal);
          assert.equal(session.description.columns.length, 3);
          await session.close();
        }
      });
    },
  },
  {
    side: "source",
    area: "lifecycle",
    name: "a URL is read into a configuration that the schema takes, and one that cannot be read is not repeated",
    run: async (harness) => {
      const { connector, unreadableUrl } = harness;
      connector.configSchema.parse(connector.parseUrl(await harness.url()));
      assert.equal(connector.configSchema.safeParse({ unheardOf: 1 }).success, false);
      const error = await failure((async () => connector.parseUrl(unreadableUrl))(), "VALIDATION_FAILED");
      assert.ok(!JSON.stringify(error.toSummary()).includes(SECRET));
    },
  },
  {
    side: "source",
    area: "lifecycle",
    name: "a connection test always answers the same checks, and rejects never",
    run: async (harness) => {
      const { connector } = harness;
      const config = connector.parseUrl(await harness.url());
      const good = await connector.test(config, { side: "source", signal: new AbortController().signal });
      const cut = await connector.test(config, { side: "source", signal: AbortSignal.abort() });
      assert.deepEqual(
        cut.map(({ name }) => name),
        good.map(({ name }) => name),
      );
      assert.ok(good.every(({ status }) => status === "passed" || status === "warning"));
      assert.ok(cut.some(({ status }) => status === "failed"));
    },
  },
  {
    side: "destination",
    area: "lifecycle",
    name: "a load that is closed without being published leaves nothing behind",
    run: async (harness) => {
      await harness.create("source", people("unpublished", 2000));
      const before = await harness.tables("destination");
      await withRun(harness, { sourceTable: tableName("unpublished") }, async (run) => {
        const [chunk] = run.chunks;
        if (chunk) await loadChunk(run, run.load.isStaged ? chunk : { index: 0, condition: null });
      });
      assert.deepEqual(await harness.tables("destination"), before);
    },
  },
  {
    side: "destination",
    area: "lifecycle",
    name: "a table without rows arrives as a table without rows",
    run: async (harness) => {
      await harness.create("source", people("empty", 0));
      const outcome = await copy(harness, { sourceTable: tableName("empty") });
      assert.equal(outcome.rowsWritten, 0);
      await assertArrived(harness, tableName("empty"), []);
    },
  },
];
