import { encodeCursor } from "@millrace/shared";
import { z } from "zod";

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/** A page out of one row more than it holds, which tells whether there is another. */
export function pageFrom<Item extends { id: string }>(found: Item[], limit: number): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? encodeCursor(last.id) : null };
}

/** Infinite queries of `@trpc/react-query` 11 always send their direction along; pages here run one way only. */
export const pagedInput = <Shape extends z.core.$ZodShape>(schema: z.ZodObject<Shape, z.core.$strict>) =>
  z.strictObject({ ...schema.shape, direction: z.literal("forward").optional() });
