import { describe, expect, it } from "vitest";
import { serverFaults } from "./server-faults.ts";

const refusal = (code: string, params: object = {}, zod: object[] | null = null) =>
  Object.assign(new Error("The sentence"), { data: { app: { code, hint: "The hint.", params }, zod } });

describe("a refusal of the server", () => {
  it.each([
    ["PIPELINE_NAME_TAKEN", {}, "name"],
    ["SCHEDULE_INVALID", { reason: "x" }, "schedule"],
    ["SOURCE_UNKNOWN", { side: "source" }, "sourceId"],
    ["SOURCE_UNKNOWN", { side: "destination" }, "destinationId"],
  ])("%s %j lands at its field", (code, params, field) => {
    expect(serverFaults(refusal(code, params))).toEqual({ [field]: "The sentence. The hint." });
  });

  it("of the input lands at each field that it names, and nowhere else", () => {
    const issues = [
      { path: ["timezone"], message: "is not a known time zone" },
      { path: ["limit"], message: "is too large" },
    ];
    expect(serverFaults(refusal("VALIDATION_FAILED", {}, issues))).toEqual({ timezone: "is not a known time zone" });
  });

  it("of a part of a value lands at the field of the whole", () => {
    const issues = [{ path: ["policies", "deletes", "maxPercent"], message: "is too large" }];
    expect(serverFaults(refusal("VALIDATION_FAILED", {}, issues))).toEqual({ policies: "is too large" });
  });

  it("of another kind is about no field", () => {
    expect(serverFaults(refusal("DATABASE_UNAVAILABLE"))).toEqual({});
    expect(serverFaults(new TypeError("Failed to fetch"))).toEqual({});
  });
});
