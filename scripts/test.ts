/**
 * Runs every suite and closes with one line over all of them: `N passed, N failed, N skipped`. Exits 1 when a test failed or
 * a suite did not come to its end. A suite that this machine cannot run says itself what to install.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  readonly name: string;
  readonly command: readonly string[];
  /** Where the suite's JSON report is written, by an environment variable that the suite's configuration reads. */
  readonly report: string;
  readonly count: (report: never) => Counts;
}

const root = join(import.meta.dirname, "..");
const reports = mkdtempSync(join(tmpdir(), "millrace-test-"));

const unit: Suite = {
  name: "unit and integration",
  command: ["vitest", "run", "--reporter=default", "--reporter=json"],
  report: join(reports, "vitest.json"),
  count: (report: {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTodoTests: number;
  }) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }),
};

/** Journeys wait for pages more than they compute, so two products at once, each with half of them, take little more than half the time. */
const JOURNEY_SHARDS = 2;

const journeys = Array.from({ length: JOURNEY_SHARDS }, (_, at): Suite => {
  const shard = at + 1;
  return {
    name: `journeys in the browser, part ${shard} of ${JOURNEY_SHARDS}`,
    command: [
      "pnpm",
      "--filter",
      "@millrace/e2e",
      "run",
      "test",
      `--shard=${shard}/${JOURNEY_SHARDS}`,
      `--output=test-results/${shard}`,
    ],
    report: join(reports, `playwright-${shard}.json`),
    count: (report: { stats: { expected: number; unexpected: number; flaky: number; skipped: number } }) => ({
      passed: report.stats.expected,
      // A test that needs a second try is a failure here.
      failed: report.stats.unexpected + report.stats.flaky,
      skipped: report.stats.skipped,
    }),
  };
});

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const broken: string[] = [];

async function runSuite(suite: Suite): Promise<void> {
  process.stdout.write(`\n── ${suite.name}\n`);
  const [command, ...args] = suite.command as [string, ...string[]];
  const child = spawn(command, command === "vitest" ? [...args, `--outputFile.json=${suite.report}`] : args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: suite.report },
  });
  const [status, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (!existsSync(suite.report)) {
    broken.push(`${suite.name} wrote no report (exit ${status ?? signal})`);
    return;
  }
  const counts = suite.count(JSON.parse(readFileSync(suite.report, "utf8")) as never);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  // A file that fails to load, or a guard that fails after the tests, fails the suite without failing a test.
  if (status !== 0 && counts.failed === 0) broken.push(`${suite.name} ended with exit ${status ?? signal}`);
}

await runSuite(unit);
await Promise.all(journeys.map(runSuite));

rmSync(reports, { recursive: true, force: true });
for (const line of broken) process.stdout.write(`\n${line}\n`);
process.stdout.write(`\n${total.passed} passed, ${total.failed + broken.length} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed + broken.length > 0 ? 1 : 0;
