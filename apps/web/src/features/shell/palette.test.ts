import { Sun } from "lucide-react";
import { expect, it } from "vitest";
import { groupsMatching, matchesSearch } from "./palette.ts";

it("finds each word wherever it stands, whatever its case", () => {
  expect(matchesSearch("Orders to the warehouse", "WARE ord")).toBe(true);
  expect(matchesSearch("Orders to the warehouse", "ware xyz")).toBe(false);
  expect(matchesSearch("Orders", "")).toBe(true);
});

it("finds an entry by the name of its group, and leaves empty groups out", () => {
  const entry = (label: string) => ({ id: label, label, icon: Sun, onSelect: () => undefined });
  const groups = [
    { heading: "Theme", entries: [entry("Light"), entry("Dark")] },
    { heading: "Go to", entries: [entry("Pipelines")] },
  ];
  expect(groupsMatching(groups, "theme dark")).toEqual([{ heading: "Theme", entries: [groups[0]?.entries[1]] }]);
});
