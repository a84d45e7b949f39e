import { AppError, toAppError } from "@millrace/shared";
import { appErrorOf, describeIssue, inputIssues, missingFieldSentences } from "@millrace/rpc";
import { TRPCError } from "@trpc/server";
import type { FastifyError } from "fastify";
import { snakeCaseName } from "../rest/snake-case.ts";

/** An answer of `application/problem+json` (RFC 9457). `error` repeats the sentence for scripts that know nothing newer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly error: string;
  readonly hint: string;
  readonly request_id: string;
  /** One sentence for each fault of the input or each field that a pipeline lacks. */
  readonly validation_errors?: readonly string[];
}

/** Any error in the words of the table; `sentences` where it has more than one fault to tell. */
export function describeFailure(error: unknown): { error: AppError; sentences: string[] } {
  if (error instanceof TRPCError) {
    const issues = inputIssues(error).map(({ path, message }) =>
      describeIssue({ path: path.map((key) => (typeof key === "string" ? snakeCaseName(key) : key)), message }),
    );
    if (issues.length > 0) {
      const issue = issues.slice(0, 5).join("; ");
      return { error: new AppError("VALIDATION_FAILED", { params: { issue } }), sentences: issues };
    }
    const appError = appErrorOf(error);
    return { error: appError, sentences: missingFieldSentences(appError) };
  }
  return { error: isFastifyError(error) ? fromFastify(error) : toAppError(error), sentences: [] };
}

export const problemOf = (failure: unknown, requestId: string): Problem => {
  const { error, sentences } = describeFailure(failure);
  return {
    type: `urn:millrace:error:${error.code}`,
    title: error.message,
    status: error.entry.http,
    code: error.code,
    error: error.message,
    hint: error.hint,
    request_id: requestId,
    ...(sentences.length > 0 ? { validation_errors: sentences } : {}),
  };
};

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("FST_");

function fromFastify(error: FastifyError): AppError {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new AppError("BODY_TOO_LARGE", { cause: error });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_TYPE":
      return new AppError("CONTENT_TYPE_UNSUPPORTED", { cause: error });
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new AppError("ROUTE_NOT_FOUND", { params: { method: "this", path: "address" }, cause: error });
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new AppError("BODY_INVALID", { cause: error })
        : new AppError("INTERNAL", { cause: error });
  }
}
