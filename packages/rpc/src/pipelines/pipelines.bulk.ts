import { AppError, type BulkInput, type BulkOutcome, type BulkSwitchInput } from "@millrace/shared";
import { AuditTrail } from "../audit/audit-trail.ts";
import type { Scope } from "../context.ts";
import { startRun, triggerOf } from "../runs/start-run.ts";
import { deletePipeline, updatePipeline } from "./pipelines.service.ts";

export const triggerPipelines = (scope: Scope, { ids }: BulkInput): Promise<BulkOutcome[]> =>
  forEachPipeline(scope, ids, (own, id) => startRun(own, id, triggerOf(own)));

export const switchPipelines = (scope: Scope, { ids, status }: BulkSwitchInput): Promise<BulkOutcome[]> =>
  forEachPipeline(scope, ids, (own, id) => updatePipeline(own, { id, status }));

export const deletePipelines = (scope: Scope, { ids }: BulkInput): Promise<BulkOutcome[]> =>
  forEachPipeline(scope, ids, deletePipeline);

/**
 * Does `work` for each id, once, in the order of the ids: two calls at once that lock the same rows then never wait for each
 * other in a circle. What is refused in the words of the error table is undone alone and told in its outcome; anything else,
 * such as a database that went away, undoes and fails the whole call. Outcomes come in the order that was asked for.
 */
async function forEachPipeline(
  scope: Scope,
  ids: readonly string[],
  work: (scope: Scope, id: string) => Promise<unknown>,
): Promise<BulkOutcome[]> {
  const outcomes = new Map<string, BulkOutcome>();
  for (const id of [...new Set(ids)].sort()) {
    try {
      const audit = new AuditTrail();
      await scope.em.transactional((em) => work({ ...scope, em, audit }, id), { clear: true });
      for (const record of audit.records) scope.audit.record(record);
      outcomes.set(id, { id, error: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message, hint } = error.toSummary();
      outcomes.set(id, { id, error: { code, message, hint } });
    }
  }
  return [...new Set(ids)].flatMap((id) => outcomes.get(id) ?? []);
}
