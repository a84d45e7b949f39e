/**
 * A run's process: executes one run at a time for the worker that forked it. It has no access to the platform's database,
 * and it ends with its parent, so a killed worker leaves nothing that still writes.
 */
import { inspect } from "node:util";
import { connectorFor } from "@millrace/connectors";
import { armFailpoints, type Connection, executeRun, type OpenOptions, type Side, undoRun } from "@millrace/engine";
import { AppError, toAppError } from "@millrace/shared";
import { compareEnds } from "./compare-ends.ts";
import type { FromProcess, JobEnd, RunJobSpec, ToProcess } from "./messages.ts";
import { replay } from "./replay-run.ts";
import { WorkerLine } from "./worker-line.ts";

const line = new WorkerLine(send);
let current: AbortController | undefined;
/** Whether the run that was cancelled goes on elsewhere. */
let isHandedOn = false;

process.on("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole process group; it is the worker's to decide what becomes of the run.
process.on("SIGINT", () => {});
process.on("message", (message: ToProcess) => {
  switch (message.kind) {
    case "run":
      return void execute(message.job);
    case "answer":
      return line.answered(message.id, message.answer);
    case "refusal":
      return line.refused(message.id, new AppError(message.error.code, { params: message.error.params }));
    case "cancel":
      isHandedOn = message.isTriedAgain;
      return current?.abort();
  }
});

async function execute(job: RunJobSpec): Promise<void> {
  const controller = new AbortController();
  armOnce(job.failpoints);
  current = controller;
  const { signal } = controller;
  try {
    if (job.undoes !== null) {
      await undo(job, job.undoes, signal);
      return;
    }
    const source = await openEnd(job, job.source, "source", signal);
    try {
      const destination = await openEnd(job, job.destination, "destination", signal);
      try {
        if (job.comparison !== null) {
          const result = await compareEnds(
            job,
            job.comparison,
            { source, destination },
            {
              signal,
              onProgress: (progress) => send({ kind: "progress", progress }),
              onLog: (level, message) => send({ kind: "log", level, message, at: new Date().toISOString() }),
            },
          );
          send({ kind: "compared", ...result });
          return;
        }
        if (job.replays !== null) {
          const outcome = await replay(job, job.replays, { source, destination }, line.replayFeed(signal), {
            signal,
            onProgress: (progress) => send({ kind: "progress", progress }),
            onLog: (level, message) => send({ kind: "log", level, message, at: new Date().toISOString() }),
          });
          send({
            kind: "done",
            rowsRead: 0,
            rowsWritten: outcome.replayed,
            proof: outcome.proof,
            cursor: null,
            agreement: null,
          });
          return;
        }
        const outcome = await executeRun({
          source,
          destination,
          sourceTable: job.source.table,
          destinationTable: job.destination.table,
          writeMode: job.writeMode,
          policies: job.policies,
          mapping: job.mapping,
          backfill: job.backfill,
          identity: job.identity,
          schema: job.schema,
          onMismatch: (found) => send({ kind: "mismatch", found }),
          onSchema: (report, source) => send({ kind: "schema", report, source }),
          ...job.limits,
          budget: job.policies.errorBudget,
          quarantine: line.quarantine(signal),
          isTriedAgain: (error) => (signal.aborted ? isHandedOn : error.entry.retry === "auto" && !job.isLastTry),
          signal,
          onProgress: (progress) => send({ kind: "progress", progress }),
          onCheckpoint: (committedChunks) => send({ kind: "checkpoint", committedChunks }),
          onLog: (level, message) => send({ kind: "log", level, message, at: new Date().toISOString() }),
        });
        send({ kind: "done", ...outcome });
      } finally {
        await destination.close();
      }
    } finally {
      await source.close();
    }
  } catch (thrown) {
    const error = toAppError(thrown);
    send({ kind: "failed", error: error.toSummary(), detail: stackOf(error) });
  } finally {
    current = undefined;
  }
}

/** The source has no part in it. */
async function undo(job: RunJobSpec, undoes: string, signal: AbortSignal): Promise<void> {
  const destination = await openEnd(job, job.destination, "destination", signal);
  try {
    const { rowCount } = await undoRun({
      destination,
      table: job.destination.table,
      identity: job.identity,
      undoes,
      signal,
      onProgress: (progress) => send({ kind: "progress", progress }),
      onLog: (level, message) => send({ kind: "log", level, message, at: new Date().toISOString() }),
    });
    send({ kind: "done", rowsRead: 0, rowsWritten: rowCount, proof: null, cursor: null, agreement: null });
  } finally {
    await destination.close();
  }
}

let isArmed = false;

/** A further try in this process does not meet the failpoints again that it is to get over. */
function armOnce(failpoints: string | undefined): void {
  if (!isArmed) armFailpoints(failpoints, [process.ppid]);
  isArmed = true;
}

async function openEnd(job: RunJobSpec, end: JobEnd, side: Side, signal: AbortSignal): Promise<Connection> {
  const connector = connectorFor(end.type);
  const options: OpenOptions = { side, signal, allowPrivateNetworks: job.allowPrivateNetworks, refuse: job.refuse };
  return connector.open(connector.configSchema.parse(end.config), options);
}

/** Where it was thrown, for the server's log. Messages of drivers can hold values, so of a cause only its code and frames go. */
function stackOf(error: Error): string {
  const frames = (stack: string | undefined) => (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = cause && "code" in cause ? inspect(cause.code) : "none";
  return [`cause: ${cause?.name ?? typeof error.cause}, code ${code}`, ...frames(cause?.stack ?? error.stack)].join(
    "\n",
  );
}

function send(message: FromProcess): void {
  if (process.connected) process.send?.(message);
}
