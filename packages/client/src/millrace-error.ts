import { type ErrorSummary, isErrorCode } from "@millrace/shared";
import { TRPCClientError } from "@trpc/client";
import type { AppRouter } from "@millrace/rpc";

/** The server's refusal in the words of the error table; null when nothing answered, or nothing that Millrace sends. */
export function millraceError(error: unknown): ErrorSummary | null {
  if (!(error instanceof TRPCClientError)) return null;
  const app = (error as TRPCClientError<AppRouter>).data?.app;
  return app && isErrorCode(app.code) ? { ...app, message: error.message } : null;
}
