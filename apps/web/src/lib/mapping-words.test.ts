import { Mapping } from "@millrace/shared";
import { expect, it } from "vitest";
import { mappingWords, storedMapping } from "./mapping-words.ts";

it("tells what becomes of columns and rows, without a value", () => {
  const mapping = Mapping.parse({
    columns: [
      { source: "id", name: "id" },
      { source: "mail", name: "email" },
      { source: "ssn", name: "ssn", transform: { kind: "hmac" } },
      { source: "total", name: "total", transform: { kind: "cast", type: "numeric(12,2)" } },
      { source: null, name: "origin", transform: { kind: "constant", value: "secret shop" } },
    ],
    exclude: ["note"],
    filter: { conditions: [{ column: "status", operator: "equals", values: ["paid"] }] },
  });
  expect(mappingWords(mapping)).toBe(
    "mail as email; ssn masked by HMAC; total into numeric(12,2); origin is a constant; without note; only rows by status",
  );
});

it("says that a plain one changes nothing, and nothing of what is none", () => {
  expect(mappingWords(Mapping.parse({}))).toBe("Every column and row as it is");
  expect(storedMapping({ a: 1 })).toBeNull();
  expect(storedMapping({ query: { sql: "select 1 as id" }, rest: "drop" })).toBe(
    "Custom SQL in place of the table; no other columns",
  );
});
