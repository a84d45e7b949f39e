import { AppError, Mapping } from "@millrace/shared";
import type { Pipeline } from "./entities/index.ts";
import type { SecretBox } from "./secret-box.ts";

/** `pipelines.mapping`: the mapping, and beside it the mask key that only `openMaskKey` reads. */
interface StoredMapping {
  readonly maskKey?: string;
}

type Mapped = Pick<Pipeline, "id" | "organizationId" | "mapping">;

/** What the pipeline makes of its source, without any secret. */
export function readMapping({ mapping }: Pick<Pipeline, "mapping">): Mapping {
  const { maskKey: _maskKey, ...rest } = mapping;
  return Mapping.parse(rest);
}

export const hasMaskKey = ({ mapping }: Pick<Pipeline, "mapping">): boolean =>
  (mapping as StoredMapping).maskKey !== undefined;

/** Both at once; a key that is null is removed. */
export function writeMapping(pipeline: Mapped, mapping: Mapping, maskKey: string | null, secrets: SecretBox): void {
  pipeline.mapping = { ...mapping, ...(maskKey !== null && { maskKey: secrets.seal(maskKey, placeOf(pipeline)) }) };
}

/** Null where there is none. Throws `MASK_KEY_UNREADABLE`. */
export function openMaskKey(pipeline: Mapped, secrets: SecretBox): string | null {
  const { maskKey } = pipeline.mapping as StoredMapping;
  if (maskKey === undefined) return null;
  try {
    return secrets.open(maskKey, placeOf(pipeline));
  } catch (cause) {
    throw new AppError("MASK_KEY_UNREADABLE", { cause });
  }
}

/** It opens at no other pipeline. */
const placeOf = ({ organizationId, id }: Pick<Pipeline, "organizationId" | "id">) => ({
  organizationId,
  table: "pipelines",
  column: "mapping",
  rowId: id,
});
