import { type Contender, findProgram } from "./contender.ts";

/** The limit: two psql that hand binary COPY on. What it makes possible, a program can reach; hardly any does. */
export const psqlPipe: Contender = {
  name: "psql",
  description: "psql COPY (binary) | psql COPY",
  startsFrom: "empty-table",
  maxRounds: Infinity,
  isInstalled: () => findProgram("psql") !== undefined,
  command: ({ from, to }) => ({
    file: "bash",
    args: [
      "-c",
      `set -o pipefail
       psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c 'copy millrace_bench.lineitem to stdout (format binary)' |
       psql -XqAt -v ON_ERROR_STOP=1 -d "$2" -c 'copy millrace_bench.lineitem from stdin (format binary)'`,
      "psql-pipe",
      from,
      to,
    ],
  }),
};
