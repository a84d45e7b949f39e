import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, findProgram } from "./contender.ts";

/** One job, this table alone. Its dump and restore of the schema is part of what it does, as it is of Millrace's. */
export const pgcopydb: Contender = {
  name: "pgcopydb",
  description: "pgcopydb clone, one job",
  startsFrom: "nothing",
  maxRounds: Infinity,
  isInstalled: () => findProgram("pgcopydb") !== undefined,
  command: ({ from, to, workDir }) => {
    const filters = join(workDir, "pgcopydb.ini");
    writeFileSync(filters, "[include-only-table]\nmillrace_bench.lineitem\n");
    const job = ["--table-jobs", "1", "--index-jobs", "1", "--restart", "--not-consistent", "--drop-if-exists"];
    const skipped = ["--no-owner", "--no-acl", "--no-comments", "--skip-large-objects", "--skip-extensions"];
    const ends = ["--source", from, "--target", to, "--filters", filters, "--dir", join(workDir, "pgcopydb")];
    return { file: "pgcopydb", args: ["clone", ...ends, ...job, ...skipped] };
  },
};
