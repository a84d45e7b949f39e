import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CopyDatabase, differingRows, twoServers } from "../testing/copy-databases.ts";
import { copyAsJson } from "../testing/copy-process.ts";

/** Databases of others, kept beside the repository and not in it. */
const DATA = join(import.meta.dirname, "../../../../../shared/data");
const PSQL = ["/usr/bin/psql", "/usr/lib/postgresql/15/bin/psql"].find((path) => existsSync(path));

const samples = [
  { name: "Chinook", files: ["chinook/postgres.sql"], tableCount: 11, rowCount: 15_607 },
  // Partitions count twice: as themselves, and with the table that they are partitions of.
  { name: "Pagila", files: ["pagila/schema.sql", "pagila/data.sql"], tableCount: 22, rowCount: null },
];

describe.each(samples)("$name, copied whole to another server", ({ name, files, tableCount, rowCount }) => {
  const isMissing = PSQL === undefined || files.some((file) => !existsSync(join(DATA, file)));
  if (isMissing)
    process.stderr.write(`skipped: ${name} needs psql (postgresql-client) and ../shared/data/${files[0]}\n`);

  let source: CopyDatabase;
  let destination: CopyDatabase;
  beforeAll(async () => {
    if (isMissing) return;
    ({ source, destination } = await twoServers());
    const scripts = files.flatMap((file) => ["-f", join(DATA, file)]);
    await promisify(execFile)(PSQL, ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", source.url, ...scripts]);
  });
  afterAll(async () => {
    await source?.[Symbol.asyncDispose]();
    await destination?.[Symbol.asyncDispose]();
  });

  it.skipIf(isMissing).each(["into an empty database, three tables at once", "over what is there"])(
    "is verified in every table %s",
    async (way) => {
      const ends = ["--from", source.url, "--to", destination.url];
      const jobs = way.includes("three") ? "3" : "1";
      const { exitCode, report } = await copyAsJson(...ends, "--table", "public.*", "--jobs", jobs);
      expect(report.tables.filter(({ verified }) => verified !== true)).toEqual([]);
      expect({ exitCode, status: report.status }).toEqual({ exitCode: 0, status: "success" });
      expect(report.tables).toHaveLength(tableCount);
      if (rowCount !== null) expect(report.tables.reduce((sum, table) => sum + table.rows_written, 0)).toBe(rowCount);
      for (const { table } of report.tables) {
        expect({ table, differing: await differingRows(source, destination, table) }).toEqual({ table, differing: [] });
      }
    },
  );
});
