/**
 * What an incremental merge costs, measured against a full copy of the same table: `pnpm bench:merge --help`. Both run in this
 * process, verified, as a worker's runs do.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { RunOutcome } from "@millrace/engine";
import { PipelinePolicies } from "@millrace/shared";
import { KEYED_LINEITEM as TABLE, makeKeyedLineitem } from "./keyed-lineitem.ts";
import { onServer, pipelineRuns } from "./pipeline-runs.ts";
import { startServers } from "./servers.ts";

const HELP = `pnpm bench:merge [options]

  --rows N       rows of the generated lineitem, here with a key and the time of its last change (default 1,000,000)
  --rounds N     how often one row in a hundred is changed and merged, of the newest and all over; medians are printed (default 3)
  --from URL     a PostgreSQL database for the source; schema millrace_bench is made there and kept
  --to URL       the same for the destination. Without both, two servers are started and removed again`;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
    from: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/**
 * Where the rows lie that change decides more than how many they are: the newest, as rows of a business mostly do, lie in one
 * page in a hundred; all over, which is the worst that they can be, in more than half of them, each to be read and written.
 */
const PLACES = {
  newest: (_round: number, rowCount: number) => `id > ${rowCount - Math.floor(rowCount / 100)}`,
  "all over": (round: number) => `id % 100 = ${round}`,
};

const MERGE = PipelinePolicies.parse({ incremental: { cursor: "updated_at" } });

async function bench(rowCount: number, rounds: number): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    await using servers = await startServers(values, workDir);
    const { from, to } = servers.urls;
    console.log(`Servers: ${servers.description}. Making ${rowCount.toLocaleString("en-US")} rows …`);
    await makeKeyedLineitem({
      from,
      to,
      rowCount,
      columns: ["timestamptz '2026-01-01' + row_number() over () * interval '1 ms' as updated_at"],
      statements: [`alter table ${TABLE} alter updated_at set not null`, `create index on ${TABLE} (updated_at)`],
    });
    const copies = pipelineRuns({ from, to, table: TABLE, writeMode: "replace" });
    const merges = pipelineRuns({ from, to, table: TABLE, writeMode: "merge", policies: MERGE });
    const full: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      await onServer(to, [`drop table if exists ${TABLE}`, "checkpoint"]);
      full.push(report(round, "full copy", await copies()));
    }
    report(0, "first merge", await merges());
    await onServer(to, [`vacuum analyze ${TABLE}`, "checkpoint"]);
    for (const [place, condition] of Object.entries(PLACES)) {
      const merged: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        const changed = `update ${TABLE} set l_comment = 'changed ${round} ${place}', updated_at = clock_timestamp() where ${condition(round, rowCount)}`;
        // What the change and the round before have left to be cleaned up and written is no part of the merge.
        await onServer(from, [changed, `vacuum ${TABLE}`, "checkpoint"]);
        await onServer(to, [`vacuum ${TABLE}`, "checkpoint"]);
        merged.push(report(round, `1 %, ${place}`, await merges()));
      }
      const ratio = (median(merged) / median(full)) * 100;
      console.log(
        `merge of 1 % changed rows, ${place}: ${ratio.toFixed(1)} % of a full copy's time (medians of ${rounds})\n`,
      );
    }
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

function report(round: number, what: string, { rowsRead, proof }: RunOutcome): number {
  const { changes, durationMs, isVerified } = proof;
  const counts = changes ? `, ${changes.inserted} inserted, ${changes.updated} updated` : "";
  const proved = isVerified === true ? "verified" : "not verified";
  console.log(
    `round ${round}  ${what.padEnd(13)} ${(durationMs / 1000).toFixed(2)} s, ${rowsRead} rows${counts}, ${proved}`,
  );
  return durationMs;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? NaN)) / 2;
}

if (values.help) console.log(HELP);
else await bench(Number(values.rows), Number(values.rounds));
