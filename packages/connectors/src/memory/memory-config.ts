import { AppError } from "@millrace/shared";
import { z } from "zod";
import { field } from "../config-form.ts";

export const MemoryConfig = z.strictObject({
  database: z
    .string({ error: "must be a text" })
    .min(1, "is required")
    .max(255, "is too long")
    .meta(field({ title: "Database", description: "One that this process has made.", placeholder: "shop" })),
});
export type MemoryConfig = z.infer<typeof MemoryConfig>;

/** See `Connector.parseUrl`. */
export function parseMemoryUrl(url: string): MemoryConfig {
  const name = /^memory:\/\/([^/?#@:]+)$/.exec(url)?.[1];
  const config = MemoryConfig.safeParse({ database: name === undefined ? undefined : decoded(name) });
  if (config.success) return config.data;
  throw new AppError("VALIDATION_FAILED", { params: { issue: "A URL of this kind is memory://name" } });
}

/** Escapes that mean nothing are no name. */
function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
