import { AppError, hasKey, parseTableName, PipelinePolicies, toAppError } from "@millrace/shared";
import type { CopyOptions } from "../commands/copy.command.ts";
import { EXIT_FAILURE, EXIT_USAGE, print } from "../terminal.ts";
import { cancelOnSignals, EXIT_CANCELLED } from "./cancellation.ts";
import { copyTables } from "./copy-tables.ts";
import { openPair, parseEndpoint } from "./endpoint.ts";
import { visibleTable } from "./figures.ts";
import { openQuarantineFile } from "./quarantine-file.ts";
import { mappingOf } from "./mapping-options.ts";
import { planJson, planLines } from "./plan-report.ts";
import { planDisplay } from "./plan-display.ts";
import { planTables } from "./plan-tables.ts";
import { progressDisplay } from "./progress-display.ts";
import { type CopyReport, differenceLines, failureLines, isDone, reportJson, reportLines } from "./report.ts";
import { parsePattern, selectTables, type TableTask } from "./table-selection.ts";

/** Copies what the options ask for, prints progress and the report, and resolves to the exit code. Never rejects. */
export async function runCopy(options: CopyOptions): Promise<number> {
  let plan: CopyPlan;
  try {
    plan = readArguments(options);
  } catch (error) {
    printReport({ status: "failed", tables: [], error: toAppError(error) }, options);
    return EXIT_USAGE;
  }
  using cancellation = cancelOnSignals();
  if (options.plan === true) return printPlan(plan, options, cancellation.signal);
  const report = await execute(plan, options, cancellation.signal);
  printReport(report, options);
  return EXIT_CODES[report.status];
}

const EXIT_CODES = { success: 0, failed: EXIT_FAILURE, cancelled: EXIT_CANCELLED } as const;

type CopyPlan = ReturnType<typeof readArguments>;

/** Everything that can be wrong before a server is asked. */
function readArguments(options: CopyOptions) {
  const { from, to, table, toTable } = options;
  return {
    from: parseEndpoint(from, "source"),
    to: parseEndpoint(to, "destination"),
    patterns: table.map(parsePattern),
    toTable: toTable === undefined ? null : parseTableName(toTable),
    policies: policiesOf(options),
    budget: { maxRows: options.maxFailed },
    mapping: mappingOf(options),
  };
}

/** Throws `VALIDATION_FAILED`: a policy without a mode that heeds it would be a wish that nobody hears. */
function policiesOf(options: CopyOptions): PipelinePolicies {
  const { writeMode, key, cursor, deletes, maxDeletes, verify, schemaChange } = options;
  if (!hasKey(writeMode) && (key !== undefined || cursor !== undefined || deletes !== "ignore")) {
    const issue = "--key, --cursor and --deletes are only possible with --write-mode merge or history";
    throw new AppError("VALIDATION_FAILED", { params: { issue } });
  }
  return PipelinePolicies.parse({
    key,
    deletes: { mode: deletes, maxPercent: maxDeletes },
    verification: verify === false ? "off" : verify,
    schemaChange,
    incremental: cursor === undefined ? null : { cursor },
  });
}

async function execute(plan: CopyPlan, options: CopyOptions, signal: AbortSignal): Promise<CopyReport> {
  const { from, to, patterns, toTable, policies, mapping, budget } = plan;
  const { jobs, writeMode, quarantineFile } = options;
  try {
    await using file = quarantineFile === undefined ? null : await openQuarantineFile(quarantineFile);
    const quarantine = file ? (task: TableTask) => file.sinkOf(task) : undefined;
    const pair = await openPair(from, to, signal);
    const tasks = await selectTables(patterns, toTable, options, pair.source, signal).catch(async (error: unknown) => {
      await pair.close();
      throw error;
    });
    const watcher = progressDisplay(process.stderr, tasks.length);
    const tables = await copyTables(
      { from, to, tasks, jobs, writeMode, policies, mapping, budget, signal, watcher, quarantine },
      pair,
    );
    watcher.stop();
    const isSuccess = tables.every((result) => isDone(result, policies.verification));
    return { status: isSuccess ? "success" : signal.aborted ? "cancelled" : "failed", tables, error: null };
  } catch (error) {
    return { status: signal.aborted ? "cancelled" : "failed", tables: [], error: toAppError(error) };
  }
}

/** Says what a copy would do, and resolves to the exit code: 0 where no table would be refused. */
async function printPlan(plan: CopyPlan, options: CopyOptions, signal: AbortSignal): Promise<number> {
  const { from, to, patterns, toTable, policies, mapping, budget } = plan;
  const { jobs, writeMode, json = false } = options;
  try {
    const pair = await openPair(from, to, signal);
    try {
      const tasks = await selectTables(patterns, toTable, options, pair.source, signal);
      const watcher = planDisplay(process.stderr);
      const planned = await planTables({ tasks, jobs, writeMode, policies, mapping, budget, signal, watcher }, pair);
      if (signal.aborted) throw new AppError("RUN_CANCELLED");
      for (const line of json ? [JSON.stringify(planJson(planned))] : planLines(planned)) print(line);
      return planned.every(({ error }) => error === null) ? 0 : EXIT_FAILURE;
    } finally {
      await pair.close();
    }
  } catch (error) {
    const status = signal.aborted ? "cancelled" : "failed";
    printReport({ status, tables: [], error: toAppError(error) }, options);
    return EXIT_CODES[status];
  }
}

function printReport(report: CopyReport, { json = false }: CopyOptions): void {
  if (json) {
    print(JSON.stringify(reportJson(report)));
  } else if (report.tables.length > 0) {
    for (const line of [...reportLines(report), ...differenceLines(report)]) print(line);
  }
  const failures = report.tables.flatMap(({ error, task }) =>
    error && error.code !== "RUN_CANCELLED" ? failureLines(error, visibleTable(task.source)) : [],
  );
  if (report.error) failures.push(...failureLines(report.error));
  for (const line of failures) process.stderr.write(`${line}\n`);
}
