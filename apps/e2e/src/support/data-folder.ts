import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface DataFolder {
  readonly folder: string;
  readonly remove: () => void;
}

/** An empty folder for a product's data, and what removes it. */
export function makeDataFolder(): DataFolder {
  const folder = mkdtempSync(join(tmpdir(), "millrace-journeys-"));
  // PostgreSQL never runs as root: the user that it runs as then must be able to reach its folder.
  chmodSync(folder, 0o755);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
