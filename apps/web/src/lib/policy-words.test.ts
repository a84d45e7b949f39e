import { DEFAULT_POLICIES, type PipelinePolicies } from "@millrace/shared";
import { expect, it } from "vitest";
import { hoursWords, policyFacts, storedPolicies } from "./policy-words.ts";

const soft: PipelinePolicies = {
  ...DEFAULT_POLICIES,
  key: ["region", "id"],
  deletes: { mode: "soft", column: "gone_at", maxPercent: 20 },
};

const ALWAYS = policyFacts("append", DEFAULT_POLICIES);
const [VERIFIED, CHANGED] = ALWAYS;

it("says what a run compares, whatever the write mode", () => {
  expect(VERIFIED?.[0]).toBe("Verification");
  expect(VERIFIED?.[1]).toMatch(/^Both ends compute a fingerprint .* \(full\)$/);
  expect(policyFacts("replace", { ...DEFAULT_POLICIES, verification: "count" })).toEqual([
    ["Verification", "A run publishes when as many rows arrived as were read. What they hold is not compared (count)"],
    CHANGED,
  ]);
});

it("says what becomes of columns that have changed, whatever the write mode", () => {
  expect(CHANGED?.[0]).toBe("Changed columns");
  expect(CHANGED?.[1]).toMatch(/^A run stops before it touches anything .* \(ask\)$/);
  expect(storedPolicies({ ...DEFAULT_POLICIES, schemaChange: "freeze" })).toContain("changed columns: freeze");
});

it("says by which key rows find their place, and what becomes of those that are gone", () => {
  expect(policyFacts("merge", DEFAULT_POLICIES)).toEqual([
    ["Key", "The primary key"],
    ["Reads", "All rows in each run"],
    ["Deletes", "Rows that the source has no more stay in the destination (ignore)"],
    ...ALWAYS,
  ]);
  expect(policyFacts("merge", soft)).toEqual([
    ["Key", "region, id"],
    ["Reads", "All rows in each run"],
    ["Deletes", "Rows that the source has no more get the time into gone_at (soft)"],
    ["Guard", "A run in which more than 20 % of the rows would be marked is refused"],
    ...ALWAYS,
  ]);
  expect(policyFacts("history", soft)).toContainEqual([
    "Guard",
    "A run in which more than 20 % of the rows would be closed is refused",
  ]);
});

it("says what a run reads, and from where on", () => {
  const incremental = { cursor: "changed_at", nulls: "exclude", barrierSeconds: 10, lag: 60 } as const;
  expect(policyFacts("merge", { ...soft, incremental })).toContainEqual([
    "Reads",
    "Only what has changed, by changed_at, from the position of the run before, 60 before it; rows without it are left out; waits at most 10 s for open transactions",
  ]);
});

it("says nothing of what a write mode has no use for", () => {
  expect(policyFacts("append", soft)).toEqual(ALWAYS);
  expect(policyFacts("replace", soft)).toEqual(ALWAYS);
  expect(policyFacts("replace", { ...soft, maxShrinkPercent: 10 })).toEqual([
    ["Guard", "A run that would shrink the table by more than 10 % is refused"],
    ...ALWAYS,
  ]);
});

it("says how many refused rows a run sets aside", () => {
  expect(policyFacts("append", { ...soft, errorBudget: { maxRows: 50, maxPercent: 0.5 } })).toEqual([
    ["Refused rows", "Up to 50 rows and 0.5 % of the rows that the destination refuses are set aside"],
    ...ALWAYS,
  ]);
});

it("says for how long a run of replace can be undone", () => {
  expect(policyFacts("replace", { ...soft, undo: { keepHours: 72 } })).toEqual([
    ["Undo", "The table that a run has replaced is kept for 3 days"],
    ...ALWAYS,
  ]);
  expect(hoursWords(1)).toBe("1 hour");
  expect(hoursWords(30)).toBe("30 hours");
  expect(storedPolicies({ undo: { keepHours: 24 } })).toContain("what was there is kept for 24 hours");
});
