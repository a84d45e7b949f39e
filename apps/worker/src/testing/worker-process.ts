import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ENTRY = join(import.meta.dirname, "worker-process.entry.ts");

/** A worker that a test can do anything to. */
export class WorkerProcess {
  readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Resolves once it takes runs. `failpoints` as `armFailpoints` takes them. */
  static async start(databaseUrl: string, failpoints?: string): Promise<WorkerProcess> {
    const args = [ENTRY, databaseUrl, ...(failpoints === undefined ? [] : [failpoints])];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    return new WorkerProcess(child);
  }

  get isUp(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves once it is gone; kills it if it was not told to go. */
  async stop(name: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (!this.isUp) return;
    const gone = once(this.child, "exit");
    this.child.kill(name);
    await gone;
  }

  /** The processes of its runs. */
  runProcessIds(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && parentOf(name) === this.child.pid)
      .map(Number);
  }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

/** Whether a process of that number is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
