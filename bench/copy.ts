/**
 * How fast a copy is, measured against what else there is on this machine: `pnpm bench --help`. Contenders run in turn, so that
 * each meets the same disturbances, and only ratios taken in one round count.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batches } from "./contenders/batches.ts";
import type { BenchTarget, Contender } from "./contenders/contender.ts";
import { millrace } from "./contenders/millrace.ts";
import { pgcopydb } from "./contenders/pgcopydb.ts";
import { pgloader } from "./contenders/pgloader.ts";
import { psqlPipe } from "./contenders/psql-pipe.ts";
import { ensureLineitem, prepareDestination, countArrived } from "./lineitem.ts";
import { measure, type Measurement } from "./measure.ts";
import { printResults } from "./results.ts";
import { startServers } from "./servers.ts";

const HELP = `pnpm bench [options]

  --rows N       rows of the generated lineitem (default 5,000,000; about 140 bytes each)
  --rounds N     how often each contender runs; medians are printed (default 3)
  --skip NAME    leaves a contender out; repeats: psql, unverified, verified, batches,
                 pgcopydb, unverified-2, verified-2 and pgcopydb-2 with two jobs, pgloader
  --from URL     a PostgreSQL database for the source; schema millrace_bench is made there and kept
  --to URL       the same for the destination. Without both, two servers are started and removed again

The first contender is what the others are compared with. pgloader runs in the first round only: it is slow.`;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "5000000" },
    rounds: { type: "string", default: "3" },
    skip: { type: "string", multiple: true, default: [] },
    from: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const contenders = [
  psqlPipe,
  millrace({ verify: false }),
  millrace({ verify: true }),
  batches,
  pgcopydb({ jobs: 1 }),
  pgcopydb({ jobs: 2 }),
  millrace({ verify: false, jobs: 2 }),
  millrace({ verify: true, jobs: 2 }),
  pgloader,
];

if (values.help) {
  console.log(HELP);
} else {
  const workDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    await using servers = await startServers(values, workDir);
    const target = { ...servers.urls, serverPids: servers.pids, rowCount: Number(values.rows), workDir };
    console.log(
      `Servers: ${servers.description}. Making ${target.rowCount.toLocaleString("en-US")} rows if they are not there …`,
    );
    await ensureLineitem(target);
    await run(target);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function run(target: BenchTarget): Promise<void> {
  const chosen = contenders.filter((contender) => {
    if (values.skip.includes(contender.name)) return false;
    const isInstalled = contender.isInstalled();
    if (!isInstalled) console.log(`${contender.name}: not installed, left out`);
    return isInstalled;
  });
  const results = new Map<Contender, Measurement[]>(chosen.map((contender) => [contender, []]));
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const [contender, measurements] of results) {
      if (round > contender.maxRounds) continue;
      const { name } = contender;
      try {
        const measurement = await compete(contender, target);
        measurements.push(measurement);
        console.log(`round ${round}  ${name.padEnd(12)} ${measurement.wallSeconds.toFixed(2)} s`);
      } catch (error) {
        // The others are still worth comparing.
        results.delete(contender);
        process.exitCode = 1;
        console.error(`round ${round}  ${name.padEnd(12)} failed, left out from here on: ${String(error)}`);
      }
    }
  }
  printResults(results, target.rowCount);
}

async function compete(contender: Contender, target: BenchTarget): Promise<Measurement> {
  await prepareDestination(target, contender.startsFrom);
  const measurement = await measure(contender.command(target), target.serverPids);
  const arrived = await countArrived(target);
  if (arrived !== target.rowCount) throw new Error(`${arrived} rows arrived`);
  return measurement;
}
