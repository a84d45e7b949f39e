/** What it takes to find three rows among millions and to mend them: `pnpm bench:verify --help`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KEYED_LINEITEM as TABLE, makeKeyedLineitem } from "./keyed-lineitem.ts";
import { measure, presentMeasurement } from "./measure.ts";
import { onServer } from "./pipeline-runs.ts";
import { startServers } from "./servers.ts";

const HELP = `pnpm bench:verify [options]

  --rows N       rows of the generated lineitem, here with a key (default 1,000,000)
  --from URL     a PostgreSQL database for the source; schema millrace_bench is made there and kept
  --to URL       the same for the destination. Without both, two servers are started and removed again`;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    from: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const MILLRACE = join(import.meta.dirname, "../millrace");

async function bench(rowCount: number): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    await using servers = await startServers(values, workDir);
    const { from, to } = servers.urls;
    console.log(`Servers: ${servers.description}. Making ${rowCount.toLocaleString("en-US")} rows …`);
    await makeKeyedLineitem({ from, to, rowCount });
    const ends = ["--from", from, "--to", to, "--table", TABLE, "--json"];
    const run = async (what: string, exitCode: number, ...args: readonly string[]) => {
      const measured = await measure({ file: MILLRACE, args: [...args, ...ends], exitCode }, servers.pids);
      console.log(presentMeasurement(what, measured));
      return measured.output;
    };
    await run("copy, verified", 0, "copy");
    await onServer(to, [`vacuum analyze ${TABLE}`, "checkpoint"]);
    await run("verify, equal", 0, "verify");
    const [changed, gone, added] = [Math.floor(rowCount / 2), Math.floor(rowCount / 7), rowCount + 1];
    await onServer(to, [
      `update ${TABLE} set l_comment = 'by hand', l_tax = l_tax + 1 where id = ${changed}`,
      `delete from ${TABLE} where id = ${gone}`,
      `insert into ${TABLE} select ${added}, (t).l_orderkey, (t).l_partkey, (t).l_suppkey, (t).l_linenumber, (t).l_quantity,
         (t).l_extendedprice, (t).l_discount, (t).l_tax, (t).l_returnflag, (t).l_linestatus, (t).l_shipdate, (t).l_commitdate,
         (t).l_receiptdate, (t).l_shipinstruct, (t).l_shipmode, (t).l_comment
       from (select t from ${TABLE} t where id = 1) as one`,
    ]);
    console.log(await run("verify, 3 differ", 1, "verify"));
    console.log(await run("repair, verified", 0, "verify", "--repair", "--delete"));
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await bench(Number(values.rows));
