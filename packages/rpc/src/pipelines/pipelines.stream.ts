import { tracked, type TrackedEnvelope } from "@trpc/server";
import type { PipelineChange } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { liveChanges } from "../streams/live.ts";

/** Log lines are left out: a list of pipelines shows none. Ids only number the events; there is nothing to resume. */
export async function* watchPipelines(
  scope: Scope,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<PipelineChange>, void> {
  let count = 0;
  for await (const change of liveChanges(scope, {}, signal)) {
    if (change.kind === "log") continue;
    count += 1;
    yield tracked(String(count), { pipelineId: change.kind === "resync" ? null : change.pipelineId });
  }
}
