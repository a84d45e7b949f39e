import type { ErrorCode, ErrorParams } from "@millrace/shared";
import { TRPCError } from "@trpc/server";
import { appErrorOf, inputIssues } from "../error-formatter.ts";

/** The code of the error table that a call is refused with, and the fields at fault; fails the test when it is not refused. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ code: ErrorCode; params: ErrorParams; message: string; fields: string[] }> {
  const outcome = await call.then(
    () => new TypeError("the call was not refused"),
    (error: unknown) => error,
  );
  if (!(outcome instanceof TRPCError)) throw outcome;
  const { code, params, message } = appErrorOf(outcome);
  return { code, params, message, fields: inputIssues(outcome).map(({ path }) => path.join(".")) };
}
