import { AppError } from "@millrace/shared";
import type { Clock } from "../clock.ts";

export interface AttemptLimit {
  readonly attempts: number;
  readonly windowMs: number;
  readonly clock: Clock;
  /** How many keys are remembered, so that a flood of them cannot fill the memory. The one not seen longest is forgotten. */
  readonly maxKeys?: number;
}

/** Counts attempts by key over a sliding window, in this process. */
export class AttemptLimiter {
  readonly #limit: Required<AttemptLimit>;
  /** Times of the attempts within the window, oldest first. Insertion order is the order of last use. */
  readonly #attempts = new Map<string, number[]>();

  constructor(limit: AttemptLimit) {
    this.#limit = { maxKeys: 10_000, ...limit };
  }

  /** Counts an attempt, or throws `RATE_LIMITED` with the seconds to wait and counts nothing. */
  take(key: string): void {
    this.assertFree(key);
    const now = this.#limit.clock.now().getTime();
    this.#remember(key, [...this.#recent(key, now), now]);
  }

  /** Whether the attempt is one of those that are let through; then it counts. */
  mayTake(key: string): boolean {
    const isFree = this.#wait(key) === null;
    if (isFree) this.take(key);
    return isFree;
  }

  /** Throws as `take` does and counts nothing. */
  assertFree(key: string): void {
    const seconds = this.#wait(key);
    if (seconds !== null) throw new AppError("RATE_LIMITED", { params: { seconds } });
  }

  /** Takes back the last attempt: it turned out to be none. */
  giveBack(key: string): void {
    const rest = this.#recent(key, this.#limit.clock.now().getTime()).slice(0, -1);
    if (rest.length === 0) this.#attempts.delete(key);
    else this.#attempts.set(key, rest);
  }

  forget(key: string): void {
    this.#attempts.delete(key);
  }

  /** In how many seconds an attempt is free again; null where one is. */
  #wait(key: string): number | null {
    const now = this.#limit.clock.now().getTime();
    const recent = this.#recent(key, now);
    const oldest = recent[0];
    if (oldest === undefined || recent.length < this.#limit.attempts) return null;
    return Math.max(1, Math.ceil((oldest + this.#limit.windowMs - now) / 1000));
  }

  #recent(key: string, now: number): number[] {
    return (this.#attempts.get(key) ?? []).filter((at) => at > now - this.#limit.windowMs);
  }

  #remember(key: string, attempts: number[]): void {
    this.#attempts.delete(key);
    this.#attempts.set(key, attempts);
    if (this.#attempts.size <= this.#limit.maxKeys) return;
    const [eldest] = this.#attempts.keys();
    if (eldest !== undefined) this.#attempts.delete(eldest);
  }
}
