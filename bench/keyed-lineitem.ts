import type { BenchTarget } from "./contenders/contender.ts";
import { ensureLineitem, LINEITEM } from "./lineitem.ts";
import { onServer } from "./pipeline-runs.ts";

export const KEYED_LINEITEM = "millrace_bench.keyed";

export interface KeyedLineitemOptions extends Pick<BenchTarget, "from" | "to"> {
  readonly rowCount: number;
  /** Further columns, as in a select list. */
  readonly columns?: readonly string[];
  /** What is done before it is vacuumed. */
  readonly statements?: readonly string[];
}

/** Makes the rows of lineitem with a primary key, `id`, from 1 on at the source, and sees to it that the destination has nothing. */
export async function makeKeyedLineitem(options: KeyedLineitemOptions): Promise<void> {
  const { from, to, rowCount, columns = [], statements = [] } = options;
  await ensureLineitem({ from, rowCount });
  await onServer(from, [
    `drop table if exists ${KEYED_LINEITEM}`,
    `create table ${KEYED_LINEITEM} as select ${["row_number() over () as id", ...columns, "l.*"].join(", ")} from ${LINEITEM} l`,
    `alter table ${KEYED_LINEITEM} alter id set not null, add primary key (id)`,
    ...statements,
    `vacuum analyze ${KEYED_LINEITEM}`,
  ]);
  await onServer(to, ["drop schema if exists millrace_bench cascade"]);
}
