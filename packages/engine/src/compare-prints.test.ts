import { expect, it } from "vitest";
import { comparePrinted } from "./compare-prints.ts";

const ROWS = 1_200;
const all = Array.from({ length: ROWS }, (_, id) => id);
const line = (id: number, print = "1:1", rowCount = 1) => `${print}\t${rowCount}\t["${id}"]`;
const printed = (ids: readonly number[], lineOf: (id: number) => string = (id) => line(id)) =>
  ids.map(lineOf).join("\n");
const compare = (source: string, destination: string) => [...comparePrinted(source, destination)].flat();
const found = (ids: readonly number[], kind: string) => ids.map((id) => ({ name: `["${id}"]`, kind }));

it("finds nothing between equal ranges, and between empty ones", () => {
  expect(compare(printed(all), printed(all))).toEqual([]);
  expect(compare("", "")).toEqual([]);
});

it("takes every key of a range that only one end has", () => {
  expect(compare(printed(all), "")).toEqual(found(all, "missing"));
  expect(compare("", printed(all))).toEqual(found(all, "unexpected"));
});

it("names keys whose rows differ where both ends have the same keys, in their order", () => {
  const changed = [0, 499, 500, 501, 1_199];
  const destination = printed(all, (id) => line(id, changed.includes(id) ? "2:2" : "1:1"));
  expect(compare(printed(all), destination)).toEqual(found(changed, "different"));
  expect(
    compare(
      printed(all),
      printed(all, (id) => line(id, "2:2")),
    ),
  ).toEqual(found(all, "different"));
});

it("names what is missing, differs and is not expected where the ends do not have the same keys, as many as they are", () => {
  const source = printed(all.filter((id) => id !== 700));
  const without = all.filter((id) => id !== 3);
  expect(compare(source, printed(without))).toEqual([...found([3], "missing"), ...found([700], "unexpected")]);
  const changed = printed(without, (id) => line(id, id === 900 ? "2:2" : "1:1"));
  expect(compare(source, changed)).toEqual([
    ...found([3], "missing"),
    ...found([900], "different"),
    ...found([700], "unexpected"),
  ]);
});

it("tells rows that share a key by their number", () => {
  const source = [line(1, "1:1", 2), line(2)].join("\n");
  const destination = [line(1), line(2, "1:1", 3)].join("\n");
  expect(compare(source, destination)).toEqual([...found([1], "missing"), ...found([2], "unexpected")]);
});
