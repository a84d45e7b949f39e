import { DataSource } from "@millrace/db";
import type { Connection, RunMapping, RunRequest } from "@millrace/engine";
import { AppError, newId, parseTableName, type PlanDraft } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { type Look, openConnection } from "../sources/open-connection.ts";

/** The registered data sources at a pipeline's two ends. */
export interface EndSources {
  readonly source: DataSource;
  readonly destination: DataSource;
}

/** Throws `SOURCE_UNKNOWN` with the side that has none, for example because it was deleted meanwhile. */
export async function endSources(
  { em }: Scope,
  draft: Pick<PlanDraft, "sourceId" | "destinationId">,
): Promise<EndSources> {
  const find = async (id: string, side: string) => {
    const found = await em.findOne(DataSource, { id });
    if (!found) throw new AppError("SOURCE_UNKNOWN", { params: { side } });
    return found;
  };
  return {
    source: await find(draft.sourceId, "source"),
    destination: await find(draft.destinationId, "destination"),
  };
}

/** A connection, or why there is none. */
export type Reached = PromiseSettledResult<Connection>;

/** Opens both ends at once, uses what could be opened, and closes it whatever happens. */
export async function withEnds<Result>(
  scope: Scope,
  sources: EndSources,
  look: Look,
  use: (source: Reached, destination: Reached) => Promise<Result>,
): Promise<Result> {
  const [source, destination] = await Promise.allSettled([
    openConnection(scope, sources.source, "source", look),
    openConnection(scope, sources.destination, "destination", look),
  ]);
  try {
    return await use(source, destination);
  } finally {
    const opened = [source, destination].filter((reached) => reached.status === "fulfilled");
    await Promise.all(opened.map(({ value }) => value.close()));
  }
}

/** The request of a pipeline's run that is only planned, so that its identity is recorded nowhere. */
export const planRequest = (
  draft: PlanDraft,
  mapping: RunMapping,
  { source, destination }: Pick<RunRequest, "source" | "destination">,
  signal: AbortSignal,
): RunRequest => ({
  source,
  destination,
  sourceTable: parseTableName(draft.sourceTable),
  destinationTable: parseTableName(draft.destinationTable),
  writeMode: draft.writeMode,
  policies: draft.policies,
  mapping,
  parallelism: draft.limits.parallelism,
  chunkBytes: draft.limits.chunkBytes,
  identity: { pipelineId: draft.pipelineId ?? newId(), runId: newId(), fence: 0 },
  signal,
  onProgress: () => undefined,
  onLog: () => undefined,
});
