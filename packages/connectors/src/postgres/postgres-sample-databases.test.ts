import { existsSync } from "node:fs";
import { join } from "node:path";
import { debianServer, testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDump } from "./testing/load-dump.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

/** Real databases of others, which are not part of this project. */
const DATA = join(import.meta.dirname, "../../../../../shared/data");

const embedded = await testServer();
const databases = [
  { name: "Chinook", files: ["chinook/postgres.sql"], tableCount: 11, from: embedded, isCopiedTwice: true },
  {
    name: "Pagila",
    files: ["pagila/schema.sql", "pagila/data.sql"],
    tableCount: 22,
    from: embedded,
    isCopiedTwice: false,
  },
  {
    name: "Pagila of PostgreSQL 15",
    files: ["pagila/schema.sql", "pagila/data.sql"],
    tableCount: 22,
    from: await debianServer(),
    isCopiedTwice: false,
  },
];

if (!existsSync(DATA)) process.stderr.write(`skipped: Chinook and Pagila are looked for in ${DATA}\n`);

describe.each(databases)("$name", ({ files, tableCount, from, isCopiedTwice }) => {
  const isThere = from !== null && existsSync(DATA);
  let ends: TwoEnds;

  beforeAll(async () => {
    if (!isThere) return;
    ends = await openTwoEnds(from, embedded);
    for (const file of files) await loadDump(ends.source, join(DATA, file));
    await ends.source.query("set search_path = public");
  });
  afterAll(() => ends?.close());

  it.skipIf(!isThere)("arrives whole, table by table", async () => {
    const source = await ends.open("source");
    const tables = (await source.listTables(new AbortController().signal)).filter(
      ({ schema, kind }) => schema === "public" && (kind === "table" || kind === "partitioned_table"),
    );
    await source.close();
    expect(tables).toHaveLength(tableCount);
    // The second time each table is replaced by one of its own structure.
    for (const { reference } of isCopiedTwice ? [...tables, ...tables] : tables) {
      const outcome = await ends.copy({ table: reference });
      expect(outcome.proof.isVerified, reference).toBe(true);
      expect(await ends.difference(reference), reference).toEqual([]);
    }
  });
});
