import { RunProcess } from "./run-process.ts";

/** An idle process is kept this long for the next run, then it gives its memory back. */
const IDLE_MS = 30_000;

/** Processes for runs: one that is idle is used again, one that crashed is not. */
export class RunProcessPool {
  readonly #idle = new Map<RunProcess, NodeJS.Timeout>();
  readonly #busy = new Set<RunProcess>();

  acquire(): RunProcess {
    const found = this.#takeIdle() ?? new RunProcess();
    this.#busy.add(found);
    return found;
  }

  release(runProcess: RunProcess): void {
    this.#busy.delete(runProcess);
    if (!runProcess.isUsable) return;
    const timer = setTimeout(() => {
      this.#idle.delete(runProcess);
      runProcess.kill();
    }, IDLE_MS);
    this.#idle.set(runProcess, timer);
  }

  /** Kills every process, busy or idle, and resolves once all are gone. */
  async close(): Promise<void> {
    const all = [...this.#idle.keys(), ...this.#busy];
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    for (const runProcess of all) runProcess.kill();
    await Promise.all(all.map((runProcess) => runProcess.exited()));
  }

  #takeIdle(): RunProcess | undefined {
    for (const [runProcess, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(runProcess);
      if (runProcess.isUsable) return runProcess;
    }
    return undefined;
  }
}
