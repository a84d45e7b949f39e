import type { TRPCDefaultErrorShape, TRPCError } from "@trpc/server";
import { isConnectionFailure } from "@millrace/db";
import { AppError, type ErrorCode, type ErrorSummary } from "@millrace/shared";
import { z } from "zod";

/** One fault of an input: where, as the caller spells it, and what. */
export interface InputIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** `name: is required`. Zod's sentences name keys and limits and never repeat what was sent. */
export const describeIssue = (issue: InputIssue): string =>
  issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;

/** A refusal of a service that knows which fields of the input are at fault. */
export class InputRefused extends AppError {
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super("VALIDATION_FAILED", { params: { issue: issues.slice(0, 5).map(describeIssue).join("; ") } });
    this.issues = issues;
  }
}

/** Faults of an input, or an empty list for any other error: an output that fails its schema is our fault, not the caller's. */
export function inputIssues(error: TRPCError): InputIssue[] {
  if (error.cause instanceof InputRefused) return [...error.cause.issues];
  if (error.code !== "BAD_REQUEST" || !(error.cause instanceof z.core.$ZodError)) return [];
  return error.cause.issues.map((issue) => ({
    path: issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key)),
    message: issue.message,
  }));
}

/** Any error of a procedure in the words of the table. What tRPC refused by itself is translated, what is unknown is `INTERNAL`. */
export function appErrorOf(error: TRPCError): AppError {
  if (error.cause instanceof AppError) return error.cause;
  const issues = inputIssues(error);
  if (issues.length > 0) {
    return new AppError("VALIDATION_FAILED", { params: { issue: issues.slice(0, 5).map(describeIssue).join("; ") } });
  }
  // Its own words, about batches and methods, repeat nothing of the request; those of the JSON parser do.
  if (error.code === "BAD_REQUEST" && !(error.cause instanceof SyntaxError)) {
    return new AppError("VALIDATION_FAILED", { params: { issue: error.message } });
  }
  const code = REFUSALS[error.code];
  if (code !== undefined) return new AppError(code, { cause: error });
  return isConnectionFailure(error.cause)
    ? new AppError("DATABASE_UNAVAILABLE", { cause: error.cause })
    : new AppError("INTERNAL", { cause: error.cause ?? error });
}

/** What tRPC refuses before a procedure runs. */
const REFUSALS: Partial<Record<TRPCError["code"], ErrorCode>> = {
  BAD_REQUEST: "BODY_INVALID",
  PARSE_ERROR: "BODY_INVALID",
  NOT_FOUND: "PROCEDURE_NOT_FOUND",
  METHOD_NOT_SUPPORTED: "PROCEDURE_NOT_FOUND",
  UNSUPPORTED_MEDIA_TYPE: "CONTENT_TYPE_UNSUPPORTED",
  PAYLOAD_TOO_LARGE: "BODY_TOO_LARGE",
};

interface FormattedError extends TRPCDefaultErrorShape {
  data: TRPCDefaultErrorShape["data"] & {
    /** The error in the words of the table. */
    app: Omit<ErrorSummary, "message">;
    /** Faults of the input, field by field; null for any other error. */
    zod: InputIssue[] | null;
  };
}

/** What travels: the table's sentence, `data.app`, `data.zod`, and never a stack. */
export function formatError({ shape, error }: { shape: TRPCDefaultErrorShape; error: TRPCError }): FormattedError {
  const app = appErrorOf(error);
  const { code, hint, params } = app.toSummary();
  const issues = inputIssues(error);
  const { stack: _never, ...data } = shape.data;
  return {
    ...shape,
    message: app.message,
    data: { ...data, httpStatus: app.entry.http, app: { code, hint, params }, zod: issues.length > 0 ? issues : null },
  };
}
