import { AppError, hasRole, type QuarantineFilters } from "@millrace/shared";
import type { Scope } from "../context.ts";

/** What the filters leave. Throws `FORBIDDEN` where somebody searches for what they may not see. */
export function conditionsOf({ actor }: Pick<Scope, "actor">, { state, code, column, search }: QuarantineFilters) {
  if (search && !hasRole(actor.role, "editor")) throw new AppError("FORBIDDEN", { params: { role: "editor" } });
  return {
    ...(state === undefined ? {} : { state }),
    ...(code === undefined ? {} : { code }),
    ...(column === undefined ? {} : { columnName: column === "" ? null : column }),
    ...(search ? { key: { $ilike: containing(search) } } : {}),
  };
}

/** A pattern of LIKE for texts that hold this one, its signs taken as they are. */
const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
