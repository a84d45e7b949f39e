import { debianServer, testServer, type TestServer } from "@millrace/db/testing";
import { type QuarantinedRow, replayRows, type RunIdentity } from "@millrace/engine";
import { AppError, DEFAULT_POLICIES, newId, parseTableName } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const debian = await debianServer();
const server = await testServer();
const PAIRS: [string, TestServer, TestServer][] = [["of one version", server, server]];
if (debian) PAIRS.push(["of two versions", server, debian], ["of an older version", debian, debian]);

/** A row as it is held, and columns whose types round, cut or pad what is put into them. */
const HELD = {
  id: "1",
  age: "3",
  price: "1.25",
  code: "ab",
  short: "abc",
  at: "2026-01-02 03:04:05",
  flags: "101",
  level: "1.5",
  list: "{1.25,NULL}",
  more: '{"a": 1}',
};

describe.each(PAIRS)("what an editor has put into a row, between servers %s", (_name, from, to) => {
  let ends: TwoEnds;
  let fence: number;
  let pipelineId: string;

  beforeAll(async () => {
    ends = await openTwoEnds(from, to);
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    fence = 0;
    pipelineId = newId();
    const columns = `id int, age int, price numeric(10,2), code char(5), short varchar(3), at timestamp(0), flags bit(3),
      level tenths, list numeric(6,2)[], more json`;
    const domain = "drop table if exists goods; drop domain if exists tenths; create domain tenths as numeric(5,1)";
    await ends.source.query(`${domain}; create table goods (${columns}); insert into goods values
      (1, 3, 1.25, 'ab', 'abc', '2026-01-02 03:04:05', '101', 1.5, '{1.25,null}', '{"a": 1}'), (2, 30, 1, 'b', 'c', now(), '000', 2, '{}', '[]')`);
    await ends.destination.query(`drop schema if exists _millrace cascade; ${domain};
      create table goods (${columns}, constraint grown check (age >= 18))`);
  });

  const identity = (): RunIdentity => ({ pipelineId, runId: newId(), fence: ++fence });

  async function replay(edit: Readonly<Record<string, string | null>>) {
    const kept: QuarantinedRow[] = [];
    const run = identity();
    await ends.copy({
      table: "public.goods",
      identity: run,
      writeMode: "append",
      budget: { maxRows: 1 },
      quarantine: { begin: async () => {}, keep: async (more) => void kept.push(...more) },
    });
    expect(kept.map(({ values }) => values)).toEqual([HELD]);
    const [source, destination] = await Promise.all([ends.open("source"), ends.open("destination")]);
    const row = { id: newId(), values: { ...HELD, age: "18", ...edit } };
    try {
      const { proof } = await replayRows({
        source,
        destination,
        sourceTable: parseTableName("public.goods"),
        destinationTable: parseTableName("public.goods"),
        writeMode: "append",
        policies: DEFAULT_POLICIES,
        identity: identity(),
        replays: run.runId,
        feed: { next: async (after) => (after === null ? [row] : []), settle: async () => {} },
        signal: new AbortController().signal,
        onProgress: () => {},
        onLog: () => {},
      });
      return proof?.isVerified;
    } catch (error) {
      if (error instanceof AppError) return error.code;
      throw error;
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }
  const stored = async () =>
    Number((await ends.destination.query("select count(*) from goods where id = 1")).rows[0].count);

  it.each([
    ["nothing else", {}],
    [
      "the same spelled otherwise",
      { price: "01.250", code: "ab  ", at: "2026-1-2 3:04:05", level: "1.50", list: "{ 1.250, null}", short: null },
    ],
    [
      "what fits",
      {
        price: "9.9",
        code: "x",
        short: "c  ",
        at: "2027-01-01",
        flags: "111",
        level: "-3",
        list: null,
        more: "[1,  2]",
      },
    ],
  ])("is verified where it is %s", async (_what, edit) => {
    expect([await replay(edit), await stored()]).toEqual([true, 1]);
  });

  it.each([
    ["a price would be rounded", { price: "1.005" }],
    ["a text would be cut", { short: "abc " }],
    ["a time would be rounded", { at: "2026-01-02 03:04:05.7" }],
    ["a domain would round it", { level: "1.55" }],
    ["a list would be rounded", { list: "{1.005}" }],
  ])("fails the replay where %s without a word", async (_what, edit) => {
    expect([await replay(edit), await stored()]).toEqual(["DIGEST_MISMATCH", 0]);
  });
});
