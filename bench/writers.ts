/**
 * Many writers whose transactions overlap, while incremental runs follow them: `pnpm bench:writers --help`. Prints how many
 * rows are missing or different at the end, and exits 1 if any is.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { PipelinePolicies } from "@millrace/shared";
import { Client } from "pg";
import { onServer, pipelineRuns } from "./pipeline-runs.ts";
import { startServers } from "./servers.ts";

const HELP = `pnpm bench:writers [options]

  --writers N    how many write at once (default 50)
  --seconds N    for how long (default 60)
  --from URL     a PostgreSQL database for the source; schema millrace_bench is made there and kept
  --to URL       the same for the destination. Without both, two servers are started and removed again`;

const { values } = parseArgs({
  options: {
    writers: { type: "string", default: "50" },
    seconds: { type: "string", default: "60" },
    from: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const TABLE = "millrace_bench.written";

/** Inserts and updates of rows of its own and of rows that others write as well, in transactions that stay open for a while. */
async function write(url: string, writer: number, endAt: number): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  let committed = 0;
  for (let n = 0; performance.now() < endAt; n++) {
    const id = n % 3 === 0 ? 1 + ((writer * 7 + n) % 50) : 1_000_000 * (writer + 1) + n;
    await client.query("begin");
    await delay(Math.random() * 50);
    await client.query(
      `insert into ${TABLE} values ($1, now(), $2) on conflict (id) do update set at = now(), note = excluded.note`,
      [id, `${writer} ${n}`],
    );
    await delay(Math.random() * 100);
    await client.query("commit");
    committed++;
  }
  await client.end();
  return committed;
}

/** All rows, as text. */
async function rowsOf(url: string): Promise<Set<string>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set timezone = 'UTC'");
    const { rows } = await client.query<{ row: string }>(`select row(id, at, note)::text as row from ${TABLE}`);
    return new Set(rows.map(({ row }) => row));
  } finally {
    await client.end();
  }
}

const countOfFirstAlone = (first: ReadonlySet<string>, second: ReadonlySet<string>): number =>
  [...first].filter((row) => !second.has(row)).length;

async function main(writers: number, seconds: number): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    await using servers = await startServers(values, workDir);
    const { from, to } = servers.urls;
    await onServer(from, [
      "create schema if not exists millrace_bench",
      `drop table if exists ${TABLE}`,
      `create table ${TABLE} (id int primary key, at timestamptz, note text)`,
      `create index on ${TABLE} (at)`,
    ]);
    await onServer(to, ["drop schema if exists millrace_bench cascade"]);
    const policies = PipelinePolicies.parse({ incremental: { cursor: "at" } });
    const run = pipelineRuns({ from, to, table: TABLE, writeMode: "merge", policies });
    const endAt = performance.now() + seconds * 1000;
    const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(from, writer, endAt)));
    let runCount = 0;
    for (; performance.now() < endAt; runCount++) await run();
    const committed = (await writing).reduce((sum, count) => sum + count, 0);
    await run();
    const [source, destination] = await Promise.all([rowsOf(from), rowsOf(to)]);
    const missed = countOfFirstAlone(source, destination);
    const extra = countOfFirstAlone(destination, source);
    console.log(
      `${writers} writers, ${seconds} s: ${committed} transactions, ${source.size} rows, ${runCount + 1} runs; ${missed} missed, ${extra} that the source has not`,
    );
    process.exitCode = missed + extra === 0 ? 0 : 1;
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await main(Number(values.writers), Number(values.seconds));
