import { MAX_QUARANTINE_KINDS } from "@millrace/shared";
import { expect, it } from "vitest";
import { heldThatMatch } from "./matching-rows.ts";

const summary = {
  states: { held: 100, replayed: 3, discarded: 0 },
  kinds: [
    { code: "CONSTRAINT_VIOLATED", column: "id", count: 65, held: 63 },
    { code: "VALUE_OUT_OF_RANGE", column: "id", count: 31, held: 30 },
    { code: "CONSTRAINT_VIOLATED", column: null, count: 7, held: 7 },
  ],
};

it("counts the held rows that code and column match, and none that are settled", () => {
  expect(heldThatMatch(summary, {})).toBe(100);
  expect(heldThatMatch(summary, { code: "CONSTRAINT_VIOLATED" })).toBe(70);
  expect(heldThatMatch(summary, { column: "id" })).toBe(93);
  expect(heldThatMatch(summary, { code: "CONSTRAINT_VIOLATED", column: "" })).toBe(7);
});

it("names no number where the summary has none", () => {
  expect(heldThatMatch(summary, { search: "7" })).toBeNull();
  const [kind] = summary.kinds;
  const kinds = Array.from({ length: MAX_QUARANTINE_KINDS }, () => kind).flatMap((each) => each ?? []);
  expect(heldThatMatch({ ...summary, kinds }, { column: "id" })).toBeNull();
});
