import { describe, expect, it } from "vitest";
import { isTooDeep } from "./json-body.ts";

describe("the depth of a body", () => {
  it.each([
    ["twenty levels", `${"[".repeat(20)}${"]".repeat(20)}`, false],
    ["twenty-one levels", `${"[".repeat(21)}${"]".repeat(21)}`, true],
    ["a million levels without an end", "[".repeat(1_000_000), true],
    ["many levels side by side", `[${"[{}],".repeat(1_000)}1]`, false],
    ["brackets in a string", JSON.stringify({ name: "[".repeat(100) }), false],
    ["brackets behind an escaped quote", JSON.stringify({ name: `"${"{".repeat(100)}` }), false],
  ])("of %s is judged before anything is built", (_label, json, isDeep) => {
    expect(isTooDeep(json)).toBe(isDeep);
  });
});
