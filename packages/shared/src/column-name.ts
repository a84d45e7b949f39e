import { z } from "zod";

/** A column as the catalog spells it. No system's names hold a NUL; each says itself what else it refuses. */
export const ColumnName = z
  .string()
  .min(1, "is required")
  .max(255)
  .regex(/^[^\0]*$/, "holds a character that no name has");
