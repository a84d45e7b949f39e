import { AppError } from "@millrace/shared";

/** Browsers open six connections to a host over HTTP/1.1, so five leave one for requests (security.md S40). */
const DEFAULT_STREAMS = 5;

/** How many live streams each user may hold open in this process. */
export class StreamLimiter {
  readonly #open = new Map<string, number>();
  readonly #max: number;

  constructor(max: number = DEFAULT_STREAMS) {
    this.#max = max;
  }

  /** Counts a stream until the returned function is called. Throws `RATE_LIMITED` when the user has too many. */
  open(userId: string): () => void {
    const count = this.#open.get(userId) ?? 0;
    if (count >= this.#max) throw new AppError("RATE_LIMITED", { params: { seconds: 5 } });
    this.#open.set(userId, count + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const rest = (this.#open.get(userId) ?? 1) - 1;
      if (rest === 0) this.#open.delete(userId);
      else this.#open.set(userId, rest);
    };
  }
}
