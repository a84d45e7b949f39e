/** What it takes to count what a run would change, beside a full copy of the same table: `pnpm bench:plan --help`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KEYED_LINEITEM as TABLE, makeKeyedLineitem } from "./keyed-lineitem.ts";
import { type Measurement, measure, presentMeasurement } from "./measure.ts";
import { onServer } from "./pipeline-runs.ts";
import { startServers } from "./servers.ts";

const HELP = `pnpm bench:plan [options]

  --rows N,M     rows of the generated lineitem, here with a key; memory should be the same for each (default 1,000,000 and 3,000,000)
  --from URL     a PostgreSQL database for the source; schema millrace_bench is made there and kept
  --to URL       the same for the destination. Without both, two servers are started and removed again`;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000,3000000" },
    from: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const MILLRACE = join(import.meta.dirname, "../millrace");
const MERGE = ["--write-mode", "merge", "--deletes", "hard"];

/** How a destination that was equal has become another, each from the one before, and how its plan is asked for. */
const CASES: readonly {
  readonly what: string;
  readonly before?: readonly string[];
  readonly args?: readonly string[];
}[] = [
  { what: "equal" },
  { what: "equal, merge", args: MERGE },
  { what: "1 % changed", before: [`update ${TABLE} set l_comment = 'changed' where id % 100 = 7`] },
  { what: "… merge", args: MERGE },
  { what: "… merge, cursor", args: [...MERGE, "--cursor", "l_partkey"] },
  { what: "every row changed", before: [`update ${TABLE} set l_comment = 'every row', l_tax = l_tax + 1`] },
  {
    what: "merge, duplicates",
    before: [
      `delete from ${TABLE} where l_linenumber <> 4`,
      `alter table ${TABLE} drop constraint keyed_pkey, add primary key (l_orderkey)`,
    ],
    args: ["--write-mode", "merge", "--key", "l_orderkey"],
  },
  {
    what: "one row is there",
    before: [
      `delete from ${TABLE} where id <> 4`,
      `alter table ${TABLE} drop constraint keyed_pkey, add primary key (id)`,
    ],
  },
  { what: "empty", before: [`truncate ${TABLE}`] },
  { what: "missing", before: [`drop table ${TABLE}`] },
];

async function bench(rowCount: number): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    await using servers = await startServers(values, workDir);
    const { from, to } = servers.urls;
    console.log(`Servers: ${servers.description}. Making ${rowCount.toLocaleString("en-US")} rows …`);
    await makeKeyedLineitem({ from, to, rowCount });
    const ends = ["--from", from, "--to", to, "--table", TABLE, "--json"];
    const run = (args: readonly string[]) => measure({ file: MILLRACE, args: [...args, ...ends] }, servers.pids);
    const copied = await run(["copy"]);
    console.log(line("copy, verified", copied, copied));
    for (const { what, before = [], args = [] } of CASES) {
      // What a change has left to be cleaned up and written is no part of the plan.
      const tidied = what === "missing" ? [] : [`vacuum analyze ${TABLE}`, "checkpoint"];
      await onServer(to, [...before, ...tidied]);
      const planned = await run(["copy", "--plan", ...args]);
      console.log(`${line(what, planned, copied)}\n  ${changesIn(planned.output)}`);
    }
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** Of the report alone: lines before it tell that the comparison is under way. */
function changesIn(output: string): string {
  const changes = /"changes":\{(.*?)\}/.exec(output)?.[1] ?? "not counted";
  return changes.replaceAll('"', "").replaceAll(",", ", ").replaceAll(":", " ");
}

const line = (what: string, measured: Measurement, copied: Measurement): string =>
  presentMeasurement(what, measured, `${(measured.wallSeconds / copied.wallSeconds).toFixed(2)} of a copy`);

if (values.help) console.log(HELP);
else for (const rows of values.rows.split(",")) await bench(Number(rows));
