import { AppError, ERRORS, type ErrorCode } from "@millrace/shared";
import { TRPCClientError } from "@trpc/client";
import { describe, expect, it } from "vitest";
import { fieldFaults, HttpProblem, isTransient, isUnauthenticated, toUserMessage } from "./errors.ts";

/** A name for each place in the sentence and the hint of a code; some of them are all of it. */
function paramsOf(code: ErrorCode): Record<string, string> {
  const { title, hint } = ERRORS[code];
  const names = [...`${title} ${hint}`.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const whole: Record<string, string> = {
    issue: "Field name: is required",
    instead: "Choose another.",
    what: "This mode",
    method: "POST",
    count: "1,204",
    seen: "1,204",
    holder: "Session 7",
  };
  return Object.fromEntries(
    names.map((name) => [name, whole[name] ?? (hint === `{${name}}` ? "It has no text of its own." : `the ${name}`)]),
  );
}

/** What the client makes of an error that the server sent. */
function fromServer(error: AppError): TRPCClientError<never> {
  const { code, hint, params } = error.toSummary();
  return TRPCClientError.from({
    error: {
      message: error.message,
      code: -32_600,
      data: { code: "BAD_REQUEST", httpStatus: 400, app: { code, hint, params } },
    },
  } as never);
}

describe("toUserMessage", () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])("gives the server's sentence and what to do for %s", (code) => {
    const error = new AppError(code, { params: paramsOf(code) });
    const shown = toUserMessage(fromServer(error));
    expect(shown).toEqual({ code, message: error.message, hint: error.hint });
    expect(shown.message).toMatch(/^[A-Z\d].{7,}[^.]$/);
    expect(shown.hint).toMatch(/^[A-Z].{7,}\.$/);
    expect(`${shown.message} ${shown.hint}`).not.toMatch(/unknown error|[{}]|undefined/i);
  });

  it("reads errors of the shared contract that were thrown in the browser", () => {
    const error = new AppError("SCHEDULE_INVALID", { params: { reason: "it never fires" } });
    expect(toUserMessage(error)).toMatchObject({ code: "SCHEDULE_INVALID", message: error.message });
  });

  it("reads the problem documents of the sign-in routes", () => {
    const problem = { code: "CREDENTIALS_INVALID", message: "The password is wrong", hint: "Try again." } as const;
    expect(toUserMessage(new HttpProblem(problem))).toEqual(problem);
  });

  it("says that the server cannot be reached when nothing answered", () => {
    const unanswered = TRPCClientError.from(new TypeError("Failed to fetch"));
    expect(toUserMessage(unanswered).code).toBe("UNREACHABLE");
    expect(toUserMessage(new TypeError("NetworkError when attempting to fetch resource")).code).toBe("UNREACHABLE");
  });

  it("shows nothing of an unforeseen error's own text", () => {
    const shown = toUserMessage(new TypeError("x is not a function, token=abc"));
    expect(shown.code).toBe("PAGE_BROKEN");
    expect(JSON.stringify(shown)).not.toContain("abc");
  });

  it.each([undefined, null, "text", 7, {}])("takes %j as well", (value) => {
    expect(toUserMessage(value).code).toBe("PAGE_BROKEN");
  });
});

describe("what follows from an error", () => {
  it("tries again only where that can help", () => {
    expect(isTransient(TRPCClientError.from(new TypeError("Failed to fetch")))).toBe(true);
    expect(isTransient(fromServer(new AppError("DATABASE_UNAVAILABLE")))).toBe(true);
    expect(isTransient(fromServer(new AppError("PIPELINE_NOT_FOUND")))).toBe(false);
  });

  it("knows an ended session", () => {
    expect(isUnauthenticated(fromServer(new AppError("UNAUTHENTICATED")))).toBe(true);
    expect(isUnauthenticated(fromServer(new AppError("FORBIDDEN", { params: { role: "editor" } })))).toBe(false);
  });
});

describe("fieldFaults", () => {
  it("gives the server's faults by field", () => {
    const zod = [
      { path: ["email"], message: "is not an e-mail address" },
      { path: ["mapping", 2, "name"], message: "is required" },
    ];
    const error = TRPCClientError.from({ error: { message: "", code: -32_600, data: { zod } } } as never);
    expect(fieldFaults(error)).toEqual([
      { path: "email", message: "is not an e-mail address" },
      { path: "mapping.2.name", message: "is required" },
    ]);
  });

  it("finds none in any other error", () => {
    expect(fieldFaults(fromServer(new AppError("RUN_ACTIVE")))).toEqual([]);
    expect(fieldFaults(undefined)).toEqual([]);
  });
});
