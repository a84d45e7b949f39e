import { describe, expect, it } from "vitest";
import { AppError, ERRORS, isErrorCode, toAppError } from "./errors.ts";

describe("the error table", () => {
  it.each(Object.entries(ERRORS))("has a sentence and a hint that a person can use for %s", (_code, entry) => {
    expect(entry.title.length).toBeGreaterThan(0);
    expect(entry.title).not.toMatch(/\.$/);
    expect(entry.hint).toMatch(/[.}]$/);
    expect(`${entry.title} ${entry.hint}`).not.toMatch(/unknown error/i);
  });

  it("fills the names into sentence and hint", () => {
    const error = new AppError("TYPE_UNAVAILABLE", { params: { type: "vector", column: "v", extension: "pgvector" } });
    expect(error.message).toBe("The destination lacks the type vector of column v");
    expect(error.hint).toContain("CREATE EXTENSION pgvector");
  });

  it("does not fill a name from an object's prototype", () => {
    expect(new AppError("SOURCE_TABLE_MISSING", { params: {} }).message).toBe("The source has no table {table}");
    expect(isErrorCode("constructor")).toBe(false);
  });

  it("crosses a process boundary without its cause", () => {
    const error = new AppError("RUN_CRASHED", { cause: new Error("secret") });
    const summary = structuredClone(error.toSummary());
    expect(JSON.stringify(summary)).not.toContain("secret");
    expect(AppError.fromSummary(summary).message).toBe(error.message);
  });

  it("wraps a foreign error as INTERNAL and leaves its own alone", () => {
    const own = new AppError("RUN_NOT_FOUND");
    expect(toAppError(own)).toBe(own);
    expect(toAppError(new TypeError("x")).code).toBe("INTERNAL");
  });
});
