import { testServer } from "@millrace/db/testing";
import { previewRun } from "@millrace/engine";
import { newId, parseTableName, PipelinePolicies } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const CHUNK_BYTES = 128 * 1024;
const NOTHING_AGREED = { agreed: null, accepted: null };

describe("in how many parts a plan says that rows are copied", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create table small (id int primary key, note text);
      insert into small select i, 'note' from generate_series(1, 100) i;
      create table large (id int primary key, note text);
      insert into large select i, repeat(md5(i::text), 3) from generate_series(1, 4000) i;
      create type mood as enum ('good', 'bad');
      create table moods (id int primary key, mood mood, note text);
      insert into moods select i, 'good', repeat(md5(i::text), 3) from generate_series(1, 4000) i;
      create table parted (id int primary key, note text) partition by range (id);
      create table parted_1 partition of parted for values from (0) to (3000);
      create table parted_2 partition of parted for values from (3000) to (9000);
      insert into parted select * from large;
      create view seen as select * from large;
      analyze`);
  });
  afterAll(() => ends.close());
  const clear = () =>
    ends.destination.query(
      "drop schema if exists _millrace cascade; drop table if exists arrived; drop type if exists mood",
    );

  async function planned(options: CopyOptions): Promise<number | null> {
    const { table, toTable = table, writeMode = "replace", policies = {}, identity = null } = options;
    const [source, destination] = [await ends.open("source"), await ends.open("destination")];
    try {
      const { chunkCount } = await previewRun({
        source,
        destination,
        sourceTable: parseTableName(table),
        destinationTable: parseTableName(toTable),
        writeMode,
        policies: PipelinePolicies.parse(policies),
        identity,
        parallelism: options.parallelism,
        chunkBytes: options.chunkBytes,
        schema: options.schema,
        signal: new AbortController().signal,
        onProgress: () => {},
        onLog: () => {},
      });
      return chunkCount;
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }

  /** In how many parts the run has committed its rows. */
  async function copied(options: CopyOptions): Promise<number> {
    let committed = 0;
    let isStaged = false;
    await ends.copy({
      ...options,
      onLog: (_level, message) => {
        if (/^Chunk \d+: \d+ rows committed/.test(message)) committed++;
        isStaged ||= / chunks to copy, \d+ at once$/.test(message);
      },
    });
    return isStaged ? committed : 1;
  }

  const STANDING = "create table arrived (id int primary key, note text)";
  const UNLOGGED = "create unlogged table arrived (id int primary key, note text)";
  const PARTED = `create table arrived (id int primary key, note text) partition by range (id);
    create table arrived_1 partition of arrived for values from (0) to (3000);
    create table arrived_2 partition of arrived for values from (3000) to (9000)`;
  const twoAtOnce = { parallelism: 2 };
  const added = { ...twoAtOnce, writeMode: "append" } as const;

  it.each<[string, "never" | "pipeline" | "both", Partial<CopyOptions>, string?]>([
    ["a small table", "never", { table: "public.small", ...twoAtOnce }],
    ["a large table, two at once", "both", twoAtOnce],
    ["a large table, one after the other", "pipeline", { parallelism: 1 }],
    ["rows that are added to a table which stands", "never", added, STANDING],
    ["rows that are added to a table which is yet to be made", "both", added],
    ["rows that are merged", "both", { ...twoAtOnce, writeMode: "merge" }, STANDING],
    ["an unlogged table that is replaced", "never", twoAtOnce, UNLOGGED],
    ["a table whose types are yet to be made", "never", { table: "public.moods", ...twoAtOnce }],
    ["a partitioned table that is read", "both", { table: "public.parted", ...twoAtOnce }],
    ["a partitioned table that rows are added to", "never", added, PARTED],
    ["a view", "never", { table: "public.seen", ...twoAtOnce }],
  ])("is what the run then has: %s", async (_what, split, more, standing) => {
    for (const isPipeline of [true, false]) {
      await clear();
      if (standing) await ends.destination.query(standing);
      const options: CopyOptions = {
        table: "public.large",
        toTable: "public.arrived",
        chunkBytes: CHUNK_BYTES,
        schema: NOTHING_AGREED,
        ...(isPipeline && { identity: { pipelineId: newId(), runId: newId(), fence: 1 } }),
        ...more,
      };
      const chunkCount = await planned(options);
      expect((chunkCount ?? 0) > 1).toBe(split === "both" || (split === "pipeline" && isPipeline));
      expect(await copied(options)).toBe(chunkCount);
    }
  });
});
