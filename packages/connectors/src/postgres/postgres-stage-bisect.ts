import type { TablePlan } from "@millrace/engine";
import type { AppError, TableName } from "@millrace/shared";
import { type Refused, refusedFor } from "./postgres-errors.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { ask, execute } from "./postgres-setup.ts";
import type { ArrivingStage } from "./postgres-stage-faults.ts";

/** Where the rows of a stage are, numbered in the order in which they are tried. */
const ROWS: TableName = { schema: "pg_temp", name: "_millrace_rows" };

/** So many rows may be refused for what hangs on others, before it costs too much to go on. */
const MAX_PASSED_OVER = 1000;

/** Rows that are refused for one and the same reason. */
export interface RefusedRows {
  readonly error: AppError;
  readonly refused: Refused;
  /** Where they are in the stage. */
  readonly at: readonly string[];
}

/**
 * Finds the rows of a stage that are refused each by itself, up to `limit`, whatever it is that refuses them: a trigger, an
 * exclusion constraint, a partition that is not there, … The stage is brought in parts, in its order, each on top of those
 * before; a part that is refused is halved until single rows are left. Nothing of it stays. What hangs on all rows together, other
 * than what `refused` is about, is passed over: the whole tells of it. No row is at fault where even no rows are refused, as by a
 * trigger of the statement, or where a trigger has taken none of them by the time that `limit` is reached. With one row at fault all rows are written about three times more.
 */
export async function refusedRows(
  session: PostgresSession,
  plan: TablePlan,
  arriving: ArrivingStage,
  refused: Refused,
  limit: number,
): Promise<readonly RefusedRows[]> {
  const { before, bring } = arriving;
  await session.query("savepoint bisect");
  const count = await numberRows(session, plan, arriving);
  // Or a row whose constraint is looked at only at the end could not be told from the others then.
  await execute(session, plan, "set constraints all immediate");
  const tried = (from: number, to: number) => refusalOf(session, plan, bring(rowsOf(arriving, from, to)));
  if (before.length > 0) await refusalOf(session, plan, before);
  const found = new Map<string, Omit<RefusedRows, "at"> & { readonly numbers: number[] }>();
  let seen = 0;
  let passedOver = 0;
  let isAnyTaken = false;
  const isForNone = (await tried(1, 1)) !== null;
  const parts: Part[] = count === 0 || isForNone ? [] : [{ from: 1, to: count + 1, seenBefore: null }];
  for (let part = parts.pop(); part && seen < limit && passedOver < MAX_PASSED_OVER; part = parts.pop()) {
    const { from, to, seenBefore } = part;
    const middle = (from + to) >> 1;
    const halves: Part[] = [
      { from: middle, to, seenBefore: seen + passedOver },
      { from, to: middle, seenBefore: null },
    ];
    // The first half was taken whole, so it is in this one that a row is at fault.
    if (seenBefore === seen + passedOver && to - from > 1) {
      parts.push(...halves);
      continue;
    }
    const refusal = await tried(from, to);
    if (refusal === null) {
      isAnyTaken = true;
      continue;
    }
    if (to - from > 1) {
      parts.push(...halves);
    } else if (hangsOnOthers(refusal.refused) && !isSame(refusal.refused, refused)) {
      passedOver++;
    } else {
      const reason = JSON.stringify(refusal.refused);
      const known = found.get(reason) ?? { ...refusal, numbers: [] };
      known.numbers.push(from);
      found.set(reason, known);
      seen++;
    }
  }
  const isOver = seen === limit && limit > 1 && !isAnyTaken;
  const isForAll = isOver && isOfTrigger([...found.values()]) && (await tried(count, count + 1)) !== null;
  const rows: RefusedRows[] = [];
  for (const { numbers, ...why } of isForAll ? [] : found.values())
    rows.push({ ...why, at: await placesOf(session, numbers) });
  await session.query("rollback to savepoint bisect");
  await session.query("release savepoint bisect");
  return rows;
}

/** Rows by their numbers, the last one left out. */
interface Part {
  readonly from: number;
  readonly to: number;
  /** Of a second half: how many rows were seen before the first one was looked at. */
  readonly seenBefore: number | null;
}

async function placesOf(session: PostgresSession, numbers: readonly number[]): Promise<string[]> {
  const rows = await session.query<{ at: string }>(
    `select at::text from ${quoteTable(ROWS)} where n = any ($1::int8[]) order by n`,
    [numbers],
  );
  return rows.map(({ at }) => at);
}

async function numberRows(
  session: PostgresSession,
  plan: TablePlan,
  { stage, order, joined = "" }: ArrivingStage,
): Promise<number> {
  const rows = quoteTable(ROWS);
  await execute(
    session,
    plan,
    `create temporary table ${rows} on commit drop as
     select row_number() over (${order}) as n, s.ctid as at from ${quoteTable(stage)} s ${joined}`,
  );
  await execute(session, plan, `create unique index on ${rows} (n)`);
  await execute(session, plan, `analyze ${rows}`);
  const { count } = await ask<{ count: string }>(session, plan, `select count(*)::text as count from ${rows}`);
  return Number(count);
}

function rowsOf({ stage, parts }: ArrivingStage, from: number, to: number): string {
  const { from: rows, at } = parts ?? { from: quoteTable(stage), at: "ctid" };
  return `(select s.* from ${quoteTable(ROWS)} r join ${rows} s on s.${at} = r.at where r.n >= ${from} and r.n < ${to})`;
}

/** Null once the statements have gone through; else they have left nothing. */
async function refusalOf(
  session: PostgresSession,
  plan: TablePlan,
  statements: readonly string[],
): Promise<Pick<RefusedRows, "error" | "refused"> | null> {
  try {
    // At once: there may be tens of thousands of parts, and each statement by itself takes a round trip.
    await execute(session, plan, ["savepoint part", ...statements, "release savepoint part"].join(";\n"));
    return null;
  } catch (error) {
    const refused = refusedFor(error);
    if (refused === null) throw error;
    await session.query("rollback to savepoint part; release savepoint part");
    return { error: error as AppError, refused };
  }
}

const hangsOnOthers = ({ sqlstate }: Refused): boolean => sqlstate === "23503" || sqlstate === "23505";

const isSame = (a: Refused, b: Refused): boolean => a.sqlstate === b.sqlstate && a.constraint === b.constraint;

const isOfTrigger = (found: readonly Pick<RefusedRows, "error">[]): boolean =>
  found.every(({ error }) => error.code === "DESTINATION_REFUSED");
