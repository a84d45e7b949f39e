import { expect, it } from "vitest";
import { shownColumns } from "./shown-columns.ts";

const row = (...changed: string[]) => ({ before: null, after: null, changed });
const names = (kind: "inserted" | "updated", ...rows: ReturnType<typeof row>[]) =>
  shownColumns(kind, rows, ["note", "id", "total"], ["id"]).map(({ name, index }) => [name, index]);

it("puts the key first and keeps the place of each value", () => {
  expect(names("inserted", row())).toEqual([
    ["id", 1],
    ["note", 0],
    ["total", 2],
  ]);
});

it("leaves out of updated rows what differs in none of them", () => {
  expect(names("updated", row("total"), row())).toEqual([
    ["id", 1],
    ["total", 2],
  ]);
});
