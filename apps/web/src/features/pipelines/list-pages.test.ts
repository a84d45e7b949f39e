import type { PipelineSummary } from "@millrace/shared";
import { expect, it } from "vitest";
import { missingFrom, withChanged, withFresh, withNewest } from "./list-pages.ts";

const item = (id: string, name = id): PipelineSummary => ({ id, name }) as PipelineSummary;
const data = {
  pages: [
    { items: [item("d"), item("c")], nextCursor: "x" },
    { items: [item("b")], nextCursor: null },
  ],
  pageParams: [null, "x"],
};
const names = ({ pages }: typeof data) => pages.map(({ items }) => items.map(({ name }) => name));

it("what was asked for again takes its place, and what is no longer found goes", () => {
  const fresh = withFresh(data, new Set(["c", "b"]), [item("c", "new c")]);
  expect(names(fresh)).toEqual([["d", "new c"], []]);
  expect(fresh.pageParams).toBe(data.pageParams);
  expect(fresh.pages[1]?.nextCursor).toBeNull();
});

it("a page without a change stays the same, so that its rows are not drawn again", () => {
  expect(withFresh(data, new Set(["b"]), [item("b", "B")]).pages[0]).toBe(data.pages[0]);
  expect(withChanged(data, "b", { name: "B" }).pages[0]).toBe(data.pages[0]);
});

it("what no page has is told apart, and put on top newest first", () => {
  const found = [item("e"), item("c"), item("f")];
  expect(missingFrom(data, found).map(({ id }) => id)).toEqual(["e", "f"]);
  expect(names(withNewest(data, missingFrom(data, found)))).toEqual([["f", "e", "d", "c"], ["b"]]);
});

it("one pipeline is changed and no other", () => {
  expect(names(withChanged(data, "c", { name: "renamed" }))).toEqual([["d", "renamed"], ["b"]]);
});
