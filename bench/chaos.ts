/**
 * Runs pipelines while workers, their sessions and both servers are killed at random instants, and proves that nothing was lost,
 * doubled, stuck or left behind: `pnpm chaos --kills 50 --seed 7`. The same seed makes the same kills at the same instants.
 */
import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { migrateStore } from "@millrace/db";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@millrace/db/embedded";
import { type ChaosEnd, CHAOS_TARGETS, runChaos } from "@millrace/worker/chaos";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    rows: { type: "string", default: "200000" },
  },
});

/** A server that a crash leaves to its write-ahead log: SIGQUIT ends its processes at once and writes nothing. */
async function startCrashing(dataDir: string): Promise<ChaosEnd & { stop(): Promise<void> }> {
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir });
  const { port } = server;
  return {
    url: server.superuserUrl(),
    crash: async () => {
      const { pid } = server;
      process.kill(pid, "SIGQUIT");
      while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
      server = await startEmbeddedPostgres({ dataDir, port });
    },
    stop: () => server.stop(),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const workDir = mkdtempSync(join(tmpdir(), "millrace-chaos-"));
chmodSync(workDir, 0o711);
console.log(`seed ${values.seed}`);
const platform = await startEmbeddedPostgres({ dataDir: join(workDir, "platform") });
const source = await startCrashing(join(workDir, "source"));
const destination = await startCrashing(join(workDir, "destination"));
try {
  const platformUrl = await platform.platformUrl();
  await migrateStore(platformUrl);
  const report = await runChaos({
    platformUrl,
    source,
    destination,
    kills: Number(values.kills),
    seed: Number(values.seed),
    targets: CHAOS_TARGETS,
    rowCount: Number(values.rows),
    onEvent: (line) => console.log(line),
  });
  console.log(JSON.stringify({ kills: report.kills, runs: report.runs, failures: report.failures }, null, 2));
  for (const fault of report.faults) console.error(fault);
  console.log(
    report.faults.length === 0 ? "0 lost, 0 doubled, no run stuck, nothing left behind" : "FAULTS, see above",
  );
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  await Promise.all([platform, source, destination].map((server) => server.stop()));
  rmSync(workDir, { recursive: true, force: true });
}
