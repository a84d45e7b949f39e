import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { stopServersBelow } from "./shared-servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the servers of this test run keep their data; see `shared-servers.ts`. */
    testRunDir: string;
  }
}

const PREFIX = "millrace-test-";

/** Gives the test run a folder for its servers, which start when a test first asks for them, and stops them at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepAbandonedRuns();
  const runDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // The servers may run as another user, who has to pass through.
  chmodSync(runDir, 0o711);
  project.provide("testRunDir", runDir);
  return () => remove(runDir);
}

/** A run that was killed could not stop its servers. */
async function sweepAbandonedRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await remove(join(tmpdir(), name));
  }
}

async function remove(runDir: string): Promise<void> {
  await stopServersBelow(runDir);
  if (existsSync(runDir)) rmSync(runDir, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
