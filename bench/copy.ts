/**
 * How fast a copy is, measured against what else there is on this machine: `pnpm bench --help`. Contenders run in turn, so that
 * each meets the same disturbances, and only ratios taken in one round count.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batches } from "./contenders/batches.ts";
import type { Contender } from "./contenders/contender.ts";
import { millrace } from "./contenders/millrace.ts";
import { pgcopydb } from "./contenders/pgcopydb.ts";
import { pgloader } from "./contenders/pgloader.ts";
import { psqlPipe } from "./contenders/psql-pipe.ts";
import { countArrived, ensureLineitem, LINEITEM, prepareDestination } from "./lineitem.ts";
import { compete } from "./competition.ts";
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
    const rowCount = Number(values.rows);
    const target = { ...servers.urls, serverPids: servers.pids, tables: [LINEITEM], rowCount, workDir };
    console.log(
      `Servers: ${servers.description}. Making ${rowCount.toLocaleString("en-US")} rows if they are not there …`,
    );
    await ensureLineitem(target);
    const chosen = contenders.filter(({ name }) => !values.skip.includes(name));
    const destination = {
      prepare: (contender: Contender) => prepareDestination(target, contender.startsFrom),
      countArrived: () => countArrived(target),
    };
    await compete(chosen, target, Number(values.rounds), destination);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}
