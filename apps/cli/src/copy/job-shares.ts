/** More chunks of one table at once than this gain nothing on one server's disks. */
const MAX_PER_TABLE = 16;

/** Divides jobs among tables: each job is a session at either end that reads or writes. */
export class JobShares {
  #free: number;
  #waiting: number;

  constructor(jobs: number, tableCount: number) {
    this.#free = jobs;
    this.#waiting = tableCount;
  }

  /**
   * How many jobs the next table gets, at least one: its equal share of those that are free, so that each table that waits
   * still finds one where there are enough. `giveBack` them at its end.
   */
  take(): number {
    const share = Math.max(1, Math.min(MAX_PER_TABLE, Math.ceil(this.#free / Math.max(1, this.#waiting))));
    this.#waiting--;
    this.#free -= share;
    return share;
  }

  giveBack(share: number): void {
    this.#free += share;
  }
}
