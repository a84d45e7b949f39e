import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, findProgram } from "./contender.ts";

/** It reads every value and writes it anew, so it takes several times as long: one round says enough. */
export const pgloader: Contender = {
  name: "pgloader",
  description: "pgloader",
  startsFrom: "nothing",
  maxRounds: 1,
  isInstalled: () => findProgram("pgloader") !== undefined,
  command: ({ from, to, workDir }) => {
    // With its default of 100,000 rows ahead, five million of this width exhaust its heap of 1 GB.
    const load = join(workDir, "lineitem.load");
    writeFileSync(
      load,
      `load database from ${pgloaderUrl(from)} into ${pgloaderUrl(to)}
       with include drop, create tables, create no indexes, no foreign keys, workers = 2, concurrency = 1,
            prefetch rows = 10000, batch rows = 10000
       including only table names matching 'lineitem' in schema 'millrace_bench';\n`,
      { mode: 0o600 },
    );
    return { file: "pgloader", args: ["--root-dir", join(workDir, "pgloader"), load] };
  },
};

/** It knows only this spelling of the scheme. */
const pgloaderUrl = (url: string) => url.replace(/^postgres:/, "postgresql:");
