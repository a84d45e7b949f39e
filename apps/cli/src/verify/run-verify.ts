import { type CompareRequest, repairTable, verifyTable } from "@millrace/engine";
import { parseTableName, PipelinePolicies, type RepairCounts, type Verification, toAppError } from "@millrace/shared";
import type { VerifyOptions } from "../commands/verify.command.ts";
import { cancelOnSignals, EXIT_CANCELLED } from "../copy/cancellation.ts";
import { openPair, parseEndpoint } from "../copy/endpoint.ts";
import { EXIT_FAILURE, EXIT_USAGE, print } from "../terminal.ts";
import { errorLines, verificationJson, verificationLines } from "./verify-report.ts";

/** What was found, and where a repair was asked for what it did and what was found after it. */
export interface VerifyResult {
  readonly table: string;
  readonly found: Verification;
  readonly repaired: RepairCounts | null;
  readonly after: Verification | null;
}

/** Compares, repairs where that is asked for, prints what was found, and resolves to the exit code. Never rejects. */
export async function runVerify(options: VerifyOptions): Promise<number> {
  let task: ReturnType<typeof readArguments>;
  try {
    task = readArguments(options);
  } catch (error) {
    fail(error, options);
    return EXIT_USAGE;
  }
  using cancellation = cancelOnSignals();
  try {
    const result = await execute(task, options, cancellation.signal);
    if (options.json === true) print(JSON.stringify(verificationJson(result)));
    else for (const line of verificationLines(result)) print(line);
    return (result.after ?? result.found).isEqual ? 0 : EXIT_FAILURE;
  } catch (error) {
    fail(error, options);
    return cancellation.signal.aborted ? EXIT_CANCELLED : EXIT_FAILURE;
  }
}

/** Everything that can be wrong before a server is asked. */
function readArguments({ from, to, table, toTable, key }: VerifyOptions) {
  return {
    from: parseEndpoint(from, "source"),
    to: parseEndpoint(to, "destination"),
    sourceTable: parseTableName(table),
    destinationTable: parseTableName(toTable ?? table),
    policies: PipelinePolicies.parse({ key }),
  };
}

async function execute(
  { from, to, ...tables }: ReturnType<typeof readArguments>,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<VerifyResult> {
  const pair = await openPair(from, to, signal);
  try {
    const request: CompareRequest = {
      ...pair,
      ...tables,
      writeMode: "replace",
      identity: null,
      signal,
      onProgress: () => {},
      onLog: () => {},
    };
    const { table } = options;
    const found = await verifyTable(request);
    if (options.repair !== true || found.differences.length === 0) return { table, found, repaired: null, after: null };
    const repaired = await repairTable({ ...request, ...found, deletesUnexpected: options.delete === true });
    return { table, found, repaired, after: await verifyTable(request) };
  } finally {
    await pair.close();
  }
}

function fail(thrown: unknown, { json = false }: VerifyOptions): void {
  const { code, message, hint } = toAppError(thrown);
  if (json) print(JSON.stringify({ status: "failed", error: { code, message, hint } }));
  for (const line of errorLines(toAppError(thrown))) process.stderr.write(`${line}\n`);
}
