import { COMPARISON_TRIGGERS } from "@millrace/shared";
import type { EntityManager } from "@mikro-orm/postgresql";
import { PipelineRun } from "./entities/index.ts";

/** Whether the pipeline's last run that brought rows, or tried to, has failed: what the pipeline shows once a comparison has ended. */
export async function hasLastLoadFailed(em: EntityManager, pipelineId: string): Promise<boolean> {
  const last = await em.findOne(
    PipelineRun,
    { pipeline: pipelineId, trigger: { $nin: [...COMPARISON_TRIGGERS] } },
    { orderBy: { id: "desc" }, fields: ["status"] },
  );
  return last?.status === "failed";
}
