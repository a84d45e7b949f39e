import type { ErrorCode } from "@millrace/shared";

/** What can also go wrong between the browser and the server, beside what the server answers. */
type ClientCode = "UNREACHABLE" | "PAGE_BROKEN";

/** What a person is told: one sentence, what to do, and the code to search for. */
export interface UserMessage {
  readonly code: ErrorCode | ClientCode;
  readonly message: string;
  readonly hint: string;
}

const UNREACHABLE: UserMessage = {
  code: "UNREACHABLE",
  message: "Millrace cannot be reached",
  hint: "Check your connection and that the server is running. The page tries again by itself.",
};

const PAGE_BROKEN: UserMessage = {
  code: "PAGE_BROKEN",
  message: "This page ran into an error of its own",
  hint: "Reload the page. If it happens again, please report it together with what you did.",
};

/** An answer of the sign-in routes that is not a success, in the words of its problem document. */
export class HttpProblem extends Error implements UserMessage {
  override readonly name = "HttpProblem";
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(problem: { readonly code: ErrorCode; readonly message: string; readonly hint: string }) {
    super(problem.message);
    this.code = problem.code;
    this.hint = problem.hint;
  }
}

/**
 * Any thrown value as a sentence and a hint. What the server says in the words of the error table comes through as it is; a
 * request that had no answer is `UNREACHABLE`; whatever else is this app's own fault and says so, without its innards.
 */
export function toUserMessage(error: unknown): UserMessage {
  if (error instanceof HttpProblem) return { code: error.code, message: error.message, hint: error.hint };
  if (!(error instanceof Error)) return PAGE_BROKEN;
  const app = appData(error);
  if (app) return { code: app.code, message: sentence(error.message), hint: app.hint };
  if (isUnanswered(error)) return UNREACHABLE;
  return PAGE_BROKEN;
}

/** Whether the same request may well succeed in a moment: nothing answered, or the server asked for patience. */
export function isTransient(error: unknown): boolean {
  const { code } = toUserMessage(error);
  return code === "UNREACHABLE" || code === "DATABASE_UNAVAILABLE" || code === "RATE_LIMITED";
}

export const isUnauthenticated = (error: unknown): boolean => toUserMessage(error).code === "UNAUTHENTICATED";

/** A fault of one field of a form, as the server found it. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** The faults of a refused input by field, `a.b` for nested ones; empty for any other error. */
export function fieldFaults(error: unknown): FieldFault[] {
  const issues = property(property(error, "data"), "zod");
  if (!Array.isArray(issues)) return [];
  return issues.flatMap((issue: unknown) => {
    const path = property(issue, "path");
    const message = property(issue, "message");
    return Array.isArray(path) && typeof message === "string" ? [{ path: path.join("."), message }] : [];
  });
}

/** A name, id or count that fills the sentence of a server's error; undefined where there is none. */
export const errorParam = (error: unknown, name: string): unknown =>
  property(property(property(property(error, "data"), "app"), "params"), name);

interface AppData {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** tRPC errors carry `data.app`; errors of the shared contract, thrown on this side, carry the same two themselves. */
function appData(error: Error): AppData | undefined {
  if (isAppData(error)) return error;
  const data = property(error, "data");
  const app = property(data, "app");
  return isAppData(app) ? app : undefined;
}

function isAppData(value: unknown): value is AppData {
  return typeof property(value, "code") === "string" && typeof property(value, "hint") === "string";
}

/** `fetch` rejects with a TypeError; tRPC wraps it without data; a gateway's page is not tRPC's JSON, and has none either. */
function isUnanswered(error: Error): boolean {
  if (error.name === "TRPCClientError") return property(error, "data") === undefined;
  return error.name === "TypeError" && /fetch|network|load failed/i.test(error.message);
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

const sentence = (text: string): string => text.replace(/\.$/, "");
