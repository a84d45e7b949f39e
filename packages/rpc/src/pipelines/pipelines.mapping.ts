import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { openMaskKey, type Pipeline, readMapping, writeMapping } from "@millrace/db";
import type { RunMapping } from "@millrace/engine";
import { AppError, hasRole, type Mapping, needsMaskKey, PLAIN_MAPPING } from "@millrace/shared";
import type { Scope } from "../context.ts";

/** What a caller says of a pipeline's mapping; what is left out stays as it is. A mask key that is null is removed. */
export interface MappingChange {
  readonly mapping?: Mapping | undefined;
  readonly maskKey?: string | null | undefined;
}

/**
 * Writes the mapping into the pipeline. One that masks by HMAC gets a key of its own where none is given, so that it can run at
 * once and nobody needs to make one up. Throws `FORBIDDEN` where somebody below admin sets custom SQL.
 */
export function setMapping(
  { actor, platform }: Pick<Scope, "actor" | "platform">,
  pipeline: Pipeline,
  change: MappingChange,
): void {
  if (change.mapping === undefined && change.maskKey === undefined) return;
  const before = readMapping(pipeline);
  const mapping = change.mapping ?? before;
  assertMayQuery(actor, mapping, before);
  const stored = openMaskKey(pipeline, platform.secrets);
  const given = change.maskKey === undefined ? stored : change.maskKey;
  const maskKey = given ?? (needsMaskKey(mapping) ? newMaskKey() : null);
  if (maskKey !== null) platform.rememberSecret(maskKey);
  writeMapping(pipeline, mapping, maskKey, platform.secrets);
}

/** Custom SQL reads whatever the data source's user may read, so only an admin writes it; others keep what an admin wrote. */
export function assertMayQuery(
  actor: Scope["actor"],
  { query }: Mapping,
  { query: known }: Mapping = PLAIN_MAPPING,
): void {
  if (query === null || isDeepStrictEqual(query, known) || hasRole(actor.role, "admin")) return;
  throw new AppError("FORBIDDEN", { params: { role: "admin" } });
}

/** How a stored pipeline's source is read. Throws `MASK_KEY_UNREADABLE`. */
export function runMappingOf({ platform }: Pick<Scope, "platform">, pipeline: Pipeline): RunMapping {
  const maskKey = openMaskKey(pipeline, platform.secrets);
  if (maskKey !== null) platform.rememberSecret(maskKey);
  return { mapping: readMapping(pipeline), maskKey };
}

/** A draft has no key yet: what it would mask is shown under one that nobody uses again. */
export const draftMapping = (mapping: Mapping): RunMapping => ({
  mapping,
  maskKey: needsMaskKey(mapping) ? newMaskKey() : null,
});

const newMaskKey = (): string => randomBytes(32).toString("base64url");
