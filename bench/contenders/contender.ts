import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface BenchTarget {
  readonly from: string;
  readonly to: string;
  readonly serverPids: readonly number[];
  /** Each with its schema. */
  readonly tables: readonly string[];
  /** Of all tables together. */
  readonly rowCount: number;
  /** Where a contender may leave files; removed at the end. */
  readonly workDir: string;
}

/** A process to start, without a shell. */
export interface BenchCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** What it has to end with. Default 0. */
  readonly exitCode?: number;
}

/** Something that copies the tables from one server to the other. */
export interface Contender {
  /** What `--skip` takes. */
  readonly name: string;
  readonly description: string;
  /** What it finds at the destination: an empty table, or nothing because it makes its own. */
  readonly startsFrom: "empty-table" | "nothing";
  readonly maxRounds: number;
  isInstalled(): boolean;
  /** Exit code 0 means that every row arrived. */
  command(target: BenchTarget): BenchCommand;
}

/** The program's path by PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
