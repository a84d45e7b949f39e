/**
 * How fast a whole database is copied with two jobs, its keys included, measured against pgcopydb: `pnpm bench:tpch --help`.
 * The eight tables are like TPC-H's. Contenders run in turn, and only ratios taken in one round count.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compete } from "./competition.ts";
import { millrace } from "./contenders/millrace.ts";
import { pgcopydb } from "./contenders/pgcopydb.ts";
import { askServer, onServer } from "./pipeline-runs.ts";
import { startServers } from "./servers.ts";
import { TPCH_TABLES } from "./tpch-tables.ts";

const HELP = `pnpm bench:tpch [options]

  --scale N      TPC-H's scale factor: 1 means 6,000,000 rows of lineitem and 2,660,030 of the other seven tables (default 0.5)
  --rounds N     how often each contender runs; medians are printed (default 3)
  --from URL     a PostgreSQL database for the source; schema millrace_tpch is made there and kept
  --to URL       the same for the destination. Without both, two servers are started and removed again

The ratios are to pgcopydb's rate; peak RSS is of all processes of the contender together.`;

const { values } = parseArgs({
  options: {
    scale: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "3" },
    from: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const SCHEMA = "millrace_tpch";
const contenders = [pgcopydb({ jobs: 2 }), millrace({ verify: false, jobs: 2 }), millrace({ verify: true, jobs: 2 })];
const tables = TPCH_TABLES.map(({ name }) => `${SCHEMA}.${name}`);

async function bench(scale: number, rounds: number): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    await using servers = await startServers(values, workDir);
    const { from, to } = servers.urls;
    const rowCount = TPCH_TABLES.reduce((sum, table) => sum + table.rowCount(scale), 0);
    console.log(`Servers: ${servers.description}. Making ${rowCount.toLocaleString("en-US")} rows in 8 tables …`);
    await onServer(from, [`drop schema if exists ${SCHEMA} cascade`, `create schema ${SCHEMA}`]);
    for (const { name, columns, key, rows, ...table } of TPCH_TABLES) {
      await onServer(from, [
        `create table ${SCHEMA}.${name} (${columns})`,
        `insert into ${SCHEMA}.${name} ${rows.replaceAll("$1", String(table.rowCount(scale)))}`,
        `alter table ${SCHEMA}.${name} add primary key (${key})`,
        `vacuum analyze ${SCHEMA}.${name}`,
      ]);
    }
    const target = { from, to, serverPids: servers.pids, tables, rowCount, workDir };
    const counts = tables.map((table) => `(select count(*) from ${table})`).join(" + ");
    await compete(contenders, target, rounds, {
      prepare: () => onServer(to, [`drop schema if exists ${SCHEMA} cascade`, "checkpoint"]),
      countArrived: () => askServer(to, `select (${counts})::float8 as answer`),
    });
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await bench(Number(values.scale), Number(values.rounds));
