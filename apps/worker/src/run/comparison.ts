import {
  comparedAs,
  type EntityManager,
  openDifferences,
  type Pipeline,
  type PipelineRun,
  RunVerification,
  sealDifferences,
  type SecretBox,
} from "@millrace/db";
import { AppError, newId } from "@millrace/shared";
import type { ComparisonResult, ComparisonTask } from "../process/messages.ts";

/**
 * What a run compares or mends; null for one that copies. The keys of a repair are those that its verification has listed.
 * Throws `VERIFICATION_OUTDATED` where the pipeline is another by now: its keys would name other rows.
 */
export async function comparisonTask(
  em: EntityManager,
  secretBox: SecretBox,
  pipeline: Pipeline,
  { trigger, repair }: Pick<PipelineRun, "trigger" | "repair">,
): Promise<ComparisonTask | null> {
  if (trigger === "verify") return { kind: "verify" };
  if (trigger !== "repair" || !repair) return null;
  const listed = await em.findOne(RunVerification, { runId: repair.runId });
  if (!listed?.found) throw new AppError("NOTHING_TO_REPAIR");
  if (listed.comparedAs !== comparedAs(pipeline)) throw new AppError("VERIFICATION_OUTDATED");
  return {
    kind: "repair",
    keyColumns: listed.found.keyColumns,
    differences: openDifferences(secretBox, listed, listed.differences),
    deletesUnexpected: repair.deletesUnexpected,
  };
}

/** What is kept of a comparison, with its keys sealed. */
export type KeptComparison = Pick<RunVerification, "id" | "comparedAs"> &
  Partial<Pick<RunVerification, "found" | "differences" | "repaired">>;

export function keptComparison(
  { found, repaired }: ComparisonResult,
  secretBox: SecretBox,
  { organizationId, ...compared }: { readonly organizationId: string; readonly comparedAs: string },
): KeptComparison {
  const id = newId();
  if (!found) return { ...compared, id, repaired };
  const { differences, ...summary } = found;
  return {
    ...compared,
    id,
    found: summary,
    differences: sealDifferences(secretBox, { organizationId, id }, differences),
  };
}
