import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { parsePattern } from "./table-selection.ts";

describe("what --table names", () => {
  it.each([
    ["orders", { table: { schema: "public", name: "orders" } }],
    ["sales.orders", { table: { schema: "sales", name: "orders" } }],
    ["public.*", { schema: "public" }],
    ["*", { schema: "public" }],
    ['"my.schema".*', { schema: "my.schema" }],
    ['"say ""hi""".*', { schema: 'say "hi"' }],
    ['public."*"', { table: { schema: "public", name: "*" } }],
    ["sales.ord*", { table: { schema: "sales", name: "ord*" } }],
  ])("reads %s", (text, expected) => {
    expect(parsePattern(text)).toEqual(expected);
  });

  it.each(["", ".*", "a.b.*", '"a.*', "a.b.c"])("refuses %j", (text) => {
    expect(() => parsePattern(text)).toThrow(AppError);
  });
});
