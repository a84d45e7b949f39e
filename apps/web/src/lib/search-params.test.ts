import { expect, it } from "vitest";
import { choiceParam, numberParam, parseSearch, stringifySearch, textParam } from "./search-params.ts";

it.each([
  { token: "1234" },
  { search: "true" },
  { search: '"quoted" & more' },
  { search: "50% off", status: "failed" },
  { token: "a+b/c=" },
  {},
])("keeps %j as it is, there and back", (search) => {
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

it("leaves out what is undefined", () => {
  expect(stringifySearch({ status: undefined, search: undefined })).toBe("");
  expect(stringifySearch({ status: "failed", search: undefined })).toBe("?status=failed");
});

it("reads texts, and takes nothing for what is empty or far too long", () => {
  expect(textParam(" orders ", 10)).toBe("orders");
  expect([textParam("", 10), textParam("  ", 10), textParam("x".repeat(11), 10), textParam(7, 10)]).toEqual(
    Array.from({ length: 4 }),
  );
});

it("reads a choice, and takes nothing for any other word", () => {
  const choices = ["active", "failed"] as const;
  expect(choiceParam("failed", choices)).toBe("failed");
  expect([choiceParam("Failed", choices), choiceParam("", choices), choiceParam(undefined, choices)]).toEqual(
    Array.from({ length: 3 }),
  );
});

it("reads a number that is a whole one from 1 on, or nothing", () => {
  const read = ["1", "123", "0", "-1", "1.5", "", "1e3", "12345678901", true].map(numberParam);
  expect(read).toEqual([1, 123, ...Array.from({ length: 7 }, () => undefined)]);
  expect(numberParam(5)).toBe(5);
  expect(stringifySearch({ line: 123 })).toBe("?line=123");
});
