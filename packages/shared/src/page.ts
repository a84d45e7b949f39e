import { z } from "zod";
import { AppError } from "./errors.ts";
import { Id } from "./ids.ts";

/** The largest page that either door serves (security.md S39). */
export const MAX_PAGE_SIZE = 200;
export const DEFAULT_PAGE_SIZE = 50;

/** Keyset paging: `cursor` is opaque to callers and comes from the page before. */
export const PageInput = z.strictObject({
  limit: z.int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  cursor: z.string().max(500).optional(),
});
export type PageInput = z.infer<typeof PageInput>;

/** One page: `nextCursor` is null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

/** The last id of a page as a cursor. Pages run from the newest to the oldest id. */
export const encodeCursor = (id: string): string => btoa(id);

/** The id in a cursor. Throws `VALIDATION_FAILED` for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): string {
  const id = Id.safeParse(decodeBase64(cursor));
  if (!id.success) throw new AppError("VALIDATION_FAILED", { params: { issue: "cursor: is not one of this list" } });
  return id.data;
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
