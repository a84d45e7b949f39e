import { toAppError } from "@millrace/shared";

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** A line for people, on standard output. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** An error in the words of the table, on standard error: the sentence, its code, and what to do. */
export function printError(error: unknown): void {
  const { message, code, hint, cause } = toAppError(error);
  process.stderr.write(`error: ${message} [${code}]\n  ${hint}\n`);
  // Only what nobody foresaw has a stack worth showing; the table's errors say it all.
  if (code === "INTERNAL" && cause instanceof Error) process.stderr.write(`${cause.stack ?? cause.message}\n`);
}
