import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Id } from "@millrace/shared";

const FILE = "sample-loaded";

/**
 * In the data directory, written last: a start that was cut short makes the sample anew, one that was not never does again.
 * It holds the id of the organization that the databases belong to.
 */
export class SampleMarker {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = join(dataDir, FILE);
  }

  get isThere(): boolean {
    return existsSync(this.#file);
  }

  /** Whose the sample is; null before it was made, and where it was made before markers said so. */
  get owner(): string | null {
    if (!this.isThere) return null;
    return Id.safeParse(readFileSync(this.#file, "utf8").trim()).data ?? null;
  }

  write(organizationId: string): void {
    writeFileSync(this.#file, `${organizationId}\n`);
  }
}
