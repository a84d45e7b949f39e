import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { storeErrorCodes } from "./error-code.ts";

/** While the platform's database is away, the same complaint is logged this often at most. */
const COMPLAIN_EVERY_MS = 30_000;

/**
 * Does `work` again and again, each time `intervalMs` after the time before ended, until `stop`. What `work` throws is logged
 * and the loop goes on: a database that is away for a while pauses a worker and does not end it.
 */
export class IntervalLoop {
  readonly #controller = new AbortController();
  readonly #done: Promise<void>;

  constructor(name: string, intervalMs: number, logger: Logger, work: () => Promise<void>) {
    this.#done = this.#run(name, intervalMs, logger, work);
  }

  /** Resolves once the work under way, if any, has ended. */
  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#done;
  }

  async #run(name: string, intervalMs: number, logger: Logger, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#controller;
    let complainedAt = -Infinity;
    while (!signal.aborted) {
      try {
        await work();
        complainedAt = -Infinity;
      } catch (thrown) {
        const now = performance.now();
        if (now - complainedAt >= COMPLAIN_EVERY_MS) {
          logger.warn(storeErrorCodes(thrown), `${name} failed; trying again`);
          complainedAt = now;
        }
      }
      await delay(intervalMs, undefined, { signal }).catch(() => {});
    }
  }
}
