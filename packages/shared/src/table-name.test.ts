import { describe, expect, it } from "vitest";
import { AppError } from "./errors.ts";
import { formatTableName, parseTableName, TableNameText } from "./table-name.ts";

describe("a table name", () => {
  it.each([
    ["orders", { schema: "public", name: "orders" }],
    ["sales.Orders", { schema: "sales", name: "Orders" }],
    ['sales."a.b"', { schema: "sales", name: "a.b" }],
    ['"my schema"."say ""hi"""', { schema: "my schema", name: 'say "hi"' }],
    ["öffentlich.naïve table", { schema: "öffentlich", name: "naïve table" }],
  ])("reads %s", (text, expected) => {
    expect(parseTableName(text)).toEqual(expected);
  });

  it.each(["", ".", "a.", ".a", "a.b.c", '"open', 'a."b', '""', "a\0b"])("refuses %j", (text) => {
    expect(() => parseTableName(text)).toThrow(AppError);
    expect(TableNameText.safeParse(text).success).toBe(false);
  });

  it("is read back from every spelling that it is given", () => {
    const names = ["a", "A", "a.b", 'a"b', '"', "*", "a b", "ž.*", "'; drop table x; --", "line\nbreak", "__proto__"];
    for (const schema of names) {
      for (const name of names) {
        expect(parseTableName(formatTableName({ schema, name }))).toEqual({ schema, name });
      }
    }
  });
});
