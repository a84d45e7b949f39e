import { useSyncExternalStore } from "react";

/** One clock a period for the whole page, however many components watch it; it stands still while nobody does. */
class Ticker {
  readonly #periodMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #now = Date.now();

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#now = Date.now();
    this.#timer ??= setInterval(() => this.#tick(), this.#periodMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  readonly read = (): number => this.#now;

  #tick(): void {
    this.#now = Date.now();
    for (const listener of this.#listeners) listener();
  }
}

const EVERY_SECOND = new Ticker(1000);
const EVERY_HALF_MINUTE = new Ticker(30_000);

/** The time, renewed every half minute: often enough for `5 min ago`. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(EVERY_HALF_MINUTE.subscribe, EVERY_HALF_MINUTE.read));
}

const NEVER = () => () => undefined;

/** The time in ms, renewed every second while `isTicking`. */
export function useSecondsMs(isTicking: boolean): number {
  return useSyncExternalStore(isTicking ? EVERY_SECOND.subscribe : NEVER, EVERY_SECOND.read);
}
