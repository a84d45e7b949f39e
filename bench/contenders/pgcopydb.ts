import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, findProgram } from "./contender.ts";

/** These tables alone, split into parts where there are several jobs. Its dump and restore of the schema is part of what it does, as it is of Millrace's. */
export const pgcopydb = ({ jobs }: { jobs: number }): Contender => ({
  name: jobs === 1 ? "pgcopydb" : `pgcopydb-${jobs}`,
  description: jobs === 1 ? "pgcopydb clone, one job" : `pgcopydb clone, ${jobs} jobs`,
  startsFrom: "nothing",
  maxRounds: Infinity,
  isInstalled: () => findProgram("pgcopydb") !== undefined,
  command: ({ from, to, tables, workDir }) => {
    const filters = join(workDir, "pgcopydb.ini");
    writeFileSync(filters, `[include-only-table]\n${tables.join("\n")}\n`);
    const job = [
      "--table-jobs",
      String(jobs),
      "--index-jobs",
      String(jobs),
      "--restart",
      "--not-consistent",
      "--drop-if-exists",
    ].concat(jobs === 1 ? [] : ["--split-tables-larger-than", "128MB"]);
    const skipped = ["--no-owner", "--no-acl", "--no-comments", "--skip-large-objects", "--skip-extensions"];
    const ends = ["--source", from, "--target", to, "--filters", filters, "--dir", join(workDir, "pgcopydb")];
    return { file: "pgcopydb", args: ["clone", ...ends, ...job, ...skipped] };
  },
});
