import { isConnectionFailure } from "@millrace/db";
import { toAppError } from "@millrace/shared";

/** What a log may say of an error of the store: codes. The message of a driver may hold values. */
export function storeErrorCodes(error: unknown): { code: string; cause: unknown } {
  return {
    code: isConnectionFailure(error) ? "DATABASE_UNAVAILABLE" : toAppError(error).code,
    cause: typeof error === "object" && error !== null && "code" in error ? error.code : undefined,
  };
}
