import { type Connection, type ReplayFeed, type ReplayRequest, replayRows } from "@millrace/engine";
import type { RunJobSpec } from "./messages.ts";

type Ends = { readonly source: Connection; readonly destination: Connection };
type Told = Pick<ReplayRequest, "signal" | "onProgress" | "onLog">;

/** Brings the rows that a run has set aside. The source is asked for its columns and for nothing else. */
export const replay = (job: RunJobSpec, replays: string, ends: Ends, feed: ReplayFeed, told: Told) =>
  replayRows({
    ...ends,
    sourceTable: job.source.table,
    destinationTable: job.destination.table,
    writeMode: job.writeMode,
    policies: job.policies,
    mapping: job.mapping,
    schema: job.schema,
    identity: job.identity,
    replays,
    feed,
    ...told,
  });
