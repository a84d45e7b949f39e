import { AppError } from "@millrace/shared";

/** How many pieces of work each key may have under way in this process; further ones wait for their turn, first come first served. */
export class ConcurrencyLimiter {
  readonly #max: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs the work when it is its turn. Throws `RUN_CANCELLED` once the signal aborts before that. */
  async run<Result>(key: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#enter(key, signal);
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  async #enter(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    const running = this.#running.get(key) ?? 0;
    if (running < this.#max) {
      this.#running.set(key, running + 1);
      return;
    }
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      queue.splice(queue.indexOf(resolve), 1);
      reject(new AppError("RUN_CANCELLED"));
    };
    queue.push(resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await promise;
    signal.removeEventListener("abort", giveUp);
  }

  /** Hands the place on, so that nobody who comes later can take it from whoever waits. */
  #leave(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) {
      next();
      return;
    }
    this.#waiting.delete(key);
    const rest = (this.#running.get(key) ?? 1) - 1;
    if (rest === 0) this.#running.delete(key);
    else this.#running.set(key, rest);
  }
}
