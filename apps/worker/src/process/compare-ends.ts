import { type CompareRequest, type Connection, type RepairRequest, repairTable, verifyTable } from "@millrace/engine";
import type { ComparisonResult, ComparisonTask, RunJobSpec } from "./messages.ts";

/** How the run tells what it does and is stopped. */
type Telling = Pick<CompareRequest, "signal" | "onProgress" | "onLog">;

/** Compares the two tables, or mends the rows that a comparison has listed. A difference is a result and no error. */
export async function compareEnds(
  job: RunJobSpec,
  task: ComparisonTask,
  ends: { readonly source: Connection; readonly destination: Connection },
  telling: Telling,
): Promise<ComparisonResult> {
  const request: CompareRequest = {
    ...ends,
    ...telling,
    sourceTable: job.source.table,
    destinationTable: job.destination.table,
    writeMode: job.writeMode,
    policies: job.policies,
    mapping: job.mapping,
    schema: job.schema,
    identity: job.identity,
  };
  if (task.kind === "verify") return { found: await verifyTable(request), repaired: null };
  const { kind: _kind, ...asked } = task;
  return { found: null, repaired: await repairTable({ ...request, ...asked } satisfies RepairRequest) };
}
