import { createHash } from "node:crypto";
import { type KeyDifference, PipelinePolicies, Verification } from "@millrace/shared";
import type { Pipeline } from "./entities/index.ts";
import type { SecretBox, SecretPlace } from "./secret-box.ts";

/** Which row of `run_verifications` a list of keys belongs to. */
export interface DifferencesPlace {
  readonly organizationId: string;
  readonly id: string;
}

const placeOf = ({ organizationId, id }: DifferencesPlace): SecretPlace => ({
  organizationId,
  table: "run_verifications",
  column: "differences",
  rowId: id,
});

/** Null where there are none. */
export const sealDifferences = (
  box: SecretBox,
  place: DifferencesPlace,
  differences: readonly KeyDifference[],
): string | null => (differences.length === 0 ? null : box.seal(JSON.stringify(differences), placeOf(place)));

/** Throws `SECRET_UNREADABLE`. */
export const openDifferences = (
  box: SecretBox,
  place: DifferencesPlace,
  sealed: string | null | undefined,
): KeyDifference[] =>
  sealed == null ? [] : Verification.shape.differences.parse(JSON.parse(box.open(sealed, placeOf(place))));

/**
 * Which tables a pipeline compares and how, as one word: a key that was found to differ names other rows once this is another.
 */
export function comparedAs(pipeline: Pipeline): string {
  const { sourceId, sourceTable, destinationId, destinationTable, writeMode, mapping } = pipeline;
  const { key, deletes } = PipelinePolicies.parse(pipeline.policies);
  const compared = [sourceId, sourceTable, destinationId, destinationTable, writeMode, mapping, key, deletes];
  return createHash("sha256").update(JSON.stringify(compared)).digest("hex");
}
