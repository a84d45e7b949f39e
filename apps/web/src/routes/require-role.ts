import { AppError, hasRole, type Role } from "@millrace/shared";

/** Keeps a page from whom the server would refuse each of its requests. Throws `FORBIDDEN`, which the page of errors shows. */
export function requireRole(actual: Role, required: Role): void {
  if (!hasRole(actual, required)) throw new AppError("FORBIDDEN", { params: { role: required } });
}
