import type { OpenOptions } from "@millrace/engine";
import { AppError } from "@millrace/shared";
import { findMemoryDatabase, type MemoryDatabase } from "./memory-database.ts";

/** An open connection to a database. State: open -> lost | closed. */
export class MemorySession {
  readonly database: MemoryDatabase;
  readonly side: OpenOptions["side"];
  readonly #epoch: number;
  #isClosed = false;

  constructor(name: string, { side, signal, refuse = [] }: OpenOptions) {
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    const database = findMemoryDatabase(name);
    if (!database) throw new AppError("DATABASE_MISSING", { params: { side } });
    const { systemIdentifier } = database.identity;
    if (refuse.some((one) => one.systemIdentifier === systemIdentifier && one.database === name)) {
      throw new AppError("PLATFORM_DATABASE_REFUSED", { params: { side } });
    }
    this.database = database;
    this.side = side;
    this.#epoch = database.epoch;
  }

  /**
   * Does the work unless the signal has aborted or the connection is gone. The work is done in a turn of its own, as it would be at
   * a server.
   */
  async run<Result>(signal: AbortSignal, work: () => Result): Promise<Result> {
    await Promise.resolve();
    this.assertOpen(signal);
    return work();
  }

  /** Throws `RUN_CANCELLED`, `CONNECTION_LOST`. */
  assertOpen(signal: AbortSignal): void {
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    if (this.#isClosed || this.#epoch !== this.database.epoch) {
      throw new AppError("CONNECTION_LOST", { params: { side: this.side } });
    }
  }

  close(): void {
    this.#isClosed = true;
  }
}
