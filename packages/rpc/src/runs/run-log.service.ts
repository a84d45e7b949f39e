import { RunLogLine, PipelineRun } from "@millrace/db";
import {
  AppError,
  levelsFrom,
  type LogLevel,
  MAX_LOG_MATCHES,
  type RunLogInput,
  type RunLogMatches,
  type RunLogMatchesInput,
} from "@millrace/shared";
import type { Scope } from "../context.ts";

/** Ascending, whichever way was asked for. Throws `RUN_NOT_FOUND`. */
export async function readRunLog(scope: Scope, input: RunLogInput): Promise<RunLogLine[]> {
  const { id, afterSeq, beforeSeq, level, search, limit } = input;
  await assertRun(scope, id);
  const isBackwards = beforeSeq !== undefined && afterSeq === undefined;
  const lines = await scope.em.find(
    RunLogLine,
    {
      run: id,
      seq: { $gt: afterSeq ?? 0, ...(beforeSeq === undefined ? {} : { $lt: beforeSeq }) },
      ...(level === undefined ? {} : { level: { $in: levelsFrom(level) } }),
      ...(search ? { message: { $ilike: containing(search) } } : {}),
    },
    { orderBy: { seq: isBackwards ? "desc" : "asc" }, limit },
  );
  return isBackwards ? lines.toReversed() : lines;
}

export const linesAfter = (
  { em }: Pick<Scope, "em">,
  runId: string,
  afterSeq: number,
  limit: number,
): Promise<RunLogLine[]> =>
  em.find(RunLogLine, { run: runId, seq: { $gt: afterSeq } }, { orderBy: { seq: "asc" }, limit });

/** `seq` has no gaps, so the last one is how many there are. */
export async function lineCountOf({ em }: Pick<Scope, "em">, runId: string): Promise<number> {
  const last = await em.findOne(RunLogLine, { run: runId }, { orderBy: { seq: "desc" }, fields: ["seq"] });
  return last?.seq ?? 0;
}

/**
 * Numbers alone, in one row: a log of 100,000 lines is looked through on the server in a tenth of a second and travels as
 * a list, not as lines. Of more than `MAX_LOG_MATCHES` the first are named. Throws `RUN_NOT_FOUND`.
 */
export async function findLogMatches(scope: Scope, input: RunLogMatchesInput): Promise<RunLogMatches> {
  const { id, afterSeq, level, search } = input;
  await assertRun(scope, id);
  const levels: readonly LogLevel[] = levelsFrom(level ?? "debug");
  const [found] = await scope.em.execute<{ seqs: number[]; throughSeq: number }[]>(
    `select coalesce(max(seq), ?)::int as "throughSeq",
       coalesce(json_agg(seq order by seq) filter (where level = any (?) and message ilike ?), '[]') as seqs
     from run_log_lines where organization_id = ? and run_id = ? and seq > ?`,
    [afterSeq, `{${levels.join(",")}}`, containing(search ?? ""), scope.actor.organizationId, id, afterSeq],
  );
  return { seqs: found?.seqs.slice(0, MAX_LOG_MATCHES) ?? [], throughSeq: found?.throughSeq ?? afterSeq };
}

async function assertRun({ em }: Pick<Scope, "em">, id: string): Promise<void> {
  if ((await em.count(PipelineRun, { id })) === 0) throw new AppError("RUN_NOT_FOUND");
}

/** A pattern of LIKE for texts that hold this one, its signs taken as they are. */
const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
