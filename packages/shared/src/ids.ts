import { v7 } from "uuid";
import { z } from "zod";

/** A new UUIDv7: its first 48 bits are the time in milliseconds, so ids sort by creation and index well (RFC 9562, 5.7). */
export const newId = (): string => v7();

/** An id as it travels: any RFC 9562 UUID in lower or upper case. */
export const Id = z.guid();
export type Id = z.infer<typeof Id>;
