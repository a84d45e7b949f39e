import { PLAIN_MAPPING } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { linesOf, withConstant, withIncluded, withLine } from "./mapping-edit.ts";

const COLUMNS = ["id", "email"];
const lineOf = (mapping: typeof PLAIN_MAPPING, source: string) => {
  const line = linesOf(mapping, COLUMNS).find((each) => each.source === source);
  if (!line) throw new TypeError(`no line of ${source}`);
  return line;
};

describe("the mapping editor", () => {
  it("shows each column once where nothing is set", () => {
    expect(linesOf(PLAIN_MAPPING, COLUMNS).map(({ name, isIncluded }) => [name, isIncluded])).toEqual([
      ["id", true],
      ["email", true],
    ]);
  });

  it("writes down a change, and forgets it once it says nothing more", () => {
    const renamed = withLine(PLAIN_MAPPING, lineOf(PLAIN_MAPPING, "email"), { name: "mail" });
    expect(renamed.columns).toEqual([{ source: "email", name: "mail", transform: { kind: "keep" } }]);
    expect(withLine(renamed, lineOf(renamed, "email"), { name: "email" })).toEqual(PLAIN_MAPPING);
  });

  it("leaves a column out with all that was set for it, and takes it along again", () => {
    const hashed = withLine(PLAIN_MAPPING, lineOf(PLAIN_MAPPING, "email"), { transform: { kind: "hash" } });
    const out = withIncluded(hashed, lineOf(hashed, "email"), false);
    expect(out).toEqual({ ...PLAIN_MAPPING, exclude: ["email"] });
    expect(withIncluded(out, lineOf(out, "email"), true)).toEqual(PLAIN_MAPPING);
  });

  it("includes by name where everything else is left out", () => {
    const none = { ...PLAIN_MAPPING, rest: "drop" as const };
    const one = withIncluded(none, lineOf(none, "id"), true);
    expect(linesOf(one, COLUMNS).map(({ isIncluded }) => isIncluded)).toEqual([true, false]);
    expect(withIncluded(one, lineOf(one, "id"), false)).toEqual(none);
  });

  it("adds constants under names that are free, and shows what the source has no more", () => {
    const two = withConstant(
      withConstant({ ...PLAIN_MAPPING, columns: [{ source: "gone", name: "gone", transform: { kind: "keep" } }] }),
    );
    expect(linesOf(two, COLUMNS).map(({ name }) => name)).toEqual(["id", "email", "gone", "constant", "constant_2"]);
  });
});
