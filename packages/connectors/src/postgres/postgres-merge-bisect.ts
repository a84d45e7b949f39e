import type { TablePlan } from "@millrace/engine";
import type { AppError, TableName } from "@millrace/shared";
import { type Refused, refusedFor } from "./postgres-errors.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import type { MergePlan } from "./postgres-merge-plan.ts";
import { mergeSql } from "./postgres-merge-sql.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { ask, execute } from "./postgres-setup.ts";

/** Where the rows of a stage are, numbered in the order of their key. */
const ROWS: TableName = { schema: "pg_temp", name: "_millrace_rows" };

/** So many rows may be refused for what hangs on others, before it costs too much to go on. */
const MAX_PASSED_OVER = 1000;

/** Rows that are refused for one and the same reason. */
export interface RefusedRows {
  readonly error: AppError;
  readonly refused: Refused;
  /** Where they are in the stage. */
  readonly at: string[];
}

/**
 * Finds the rows of a stage that a merge refuses each by itself, up to `limit`, whatever it is that refuses them: a trigger, an
 * exclusion constraint, a partition that is not there, … The stage is merged in parts, in the order of its key, each on top of those
 * before; a part that is refused is halved until single rows are left. Nothing of it stays. What hangs on all rows together, other
 * than what `refused` is about, is passed over: the whole merge tells of it. With one row at fault all rows are written about
 * three times more.
 */
export async function refusedRows(
  session: PostgresSession,
  plan: TablePlan,
  stage: TableName,
  merge: MergePlan,
  refused: Refused,
  limit: number,
): Promise<readonly RefusedRows[]> {
  await session.query("savepoint bisect");
  const count = await numberRows(session, plan, stage, merge);
  // Or a row whose constraint is looked at only at the end could not be told from the others then.
  await execute(session, plan, "set constraints all immediate");
  const whole = mergeSql(plan, stage, merge);
  // All versions are closed before one is opened, as in a whole merge, unless closing is what is refused.
  if (merge.keepsVersions) await refusalOf(session, plan, [whole.closeChanged]);
  const found = new Map<string, RefusedRows>();
  let seen = 0;
  let passedOver = 0;
  const parts: (readonly [from: number, to: number])[] = count === 0 ? [] : [[1, count + 1]];
  for (let part = parts.pop(); part && seen < limit && passedOver < MAX_PASSED_OVER; part = parts.pop()) {
    const [from, to] = part;
    const { bringing } = mergeSql(plan, stage, merge, rowsOf(stage, from, to));
    const refusal = await refusalOf(session, plan, bringing);
    if (refusal === null) continue;
    if (to - from > 1) {
      const middle = (from + to) >> 1;
      parts.push([middle, to], [from, middle]);
    } else if (hangsOnOthers(refusal.refused) && !isSame(refusal.refused, refused)) {
      passedOver++;
    } else {
      const { at } = await ask<{ at: string }>(
        session,
        plan,
        `select at::text from ${quoteTable(ROWS)} where n = ${from}`,
      );
      const reason = JSON.stringify(refusal.refused);
      const known = found.get(reason) ?? { ...refusal, at: [] };
      known.at.push(at);
      found.set(reason, known);
      seen++;
    }
  }
  await session.query("rollback to savepoint bisect");
  await session.query("release savepoint bisect");
  return [...found.values()];
}

async function numberRows(
  session: PostgresSession,
  plan: TablePlan,
  stage: TableName,
  merge: MergePlan,
): Promise<number> {
  const { keyList } = mergeSql(plan, stage, merge);
  const rows = quoteTable(ROWS);
  await execute(
    session,
    plan,
    `create temporary table ${rows} on commit drop as
     select row_number() over (order by ${keyList("s", merge.key)}) as n, s.ctid as at from ${quoteTable(stage)} s`,
  );
  await execute(session, plan, `create unique index on ${rows} (n)`);
  await execute(session, plan, `analyze ${rows}`);
  const { count } = await ask<{ count: string }>(session, plan, `select count(*)::text as count from ${rows}`);
  return Number(count);
}

const rowsOf = (stage: TableName, from: number, to: number): string =>
  `(select s.* from ${quoteTable(ROWS)} r join ${quoteTable(stage)} s on s.ctid = r.at where r.n >= ${from} and r.n < ${to})`;

/** Null once the statements have gone through; else they have left nothing. */
async function refusalOf(
  session: PostgresSession,
  plan: TablePlan,
  statements: readonly string[],
): Promise<Pick<RefusedRows, "error" | "refused"> | null> {
  await session.query("savepoint part");
  try {
    for (const statement of statements) await execute(session, plan, statement);
    await session.query("release savepoint part");
    return null;
  } catch (error) {
    const refused = refusedFor(error);
    if (refused === null) throw error;
    await session.query("rollback to savepoint part");
    await session.query("release savepoint part");
    return { error: error as AppError, refused };
  }
}

const hangsOnOthers = ({ sqlstate }: Refused): boolean => sqlstate === "23503" || sqlstate === "23505";

const isSame = (a: Refused, b: Refused): boolean => a.sqlstate === b.sqlstate && a.constraint === b.constraint;
