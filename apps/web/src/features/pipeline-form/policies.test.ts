import { DEFAULT_POLICIES, type PipelinePolicies, type PlanRefusal } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { plannable, policiesFor, policyFaults, refusedPolicy } from "./policies.ts";

const policies: PipelinePolicies = {
  ...DEFAULT_POLICIES,
  key: ["id"],
  deletes: { mode: "hard", column: "deleted_at", maxPercent: 20 },
  maxShrinkPercent: 30,
  undo: { keepHours: 24 },
};

describe("a write mode", () => {
  it("without a key has no use for one, nor for deletes", () => {
    expect(policiesFor("append", policies)).toEqual(DEFAULT_POLICIES);
    expect(policiesFor("replace", policies)).toEqual({
      ...DEFAULT_POLICIES,
      maxShrinkPercent: 30,
      undo: { keepHours: 24 },
    });
  });

  it("with a key keeps them, and leaves behind what is for replace alone", () => {
    expect(policiesFor("merge", policies)).toEqual({ ...policies, maxShrinkPercent: null, undo: { keepHours: 0 } });
  });

  it("that keeps every version closes the last one in place of deleting it", () => {
    expect(policiesFor("history", policies).deletes).toEqual({ ...policies.deletes, mode: "soft" });
    const ignored: PipelinePolicies = { ...policies, deletes: { ...policies.deletes, mode: "ignore" } };
    expect(policiesFor("history", ignored).deletes.mode).toBe("ignore");
  });
});

it("what becomes of a table that has changed, and what is compared, is kept by every write mode", () => {
  const chosen: PipelinePolicies = { ...policies, schemaChange: "freeze", verification: "count" };
  for (const writeMode of ["replace", "append", "merge", "history"] as const) {
    expect(policiesFor(writeMode, chosen)).toMatchObject({ schemaChange: "freeze", verification: "count" });
  }
});

describe("a fault", () => {
  it("of the policies lands at its field", () => {
    expect(policyFaults(policies)).toEqual({});
    const incremental = { cursor: "", nulls: "include", barrierSeconds: 3601, lag: -1 } as const;
    expect(Object.keys(policyFaults({ ...policies, incremental }))).toEqual(["cursor", "barrierSeconds", "lag"]);
    expect(policyFaults({ ...policies, key: [], deletes: { ...policies.deletes, column: "" } })).toEqual({
      key: "Choose at least one column that tells rows apart",
      column: "Name the column that says since when a row is gone",
    });
  });

  it.each([
    ["KEY_MISSING", null, "key"],
    ["KEY_NOT_UNIQUE", null, "key"],
    ["KEY_COLUMN_MISSING", "gone", "key"],
    ["COLUMN_MISSING", "deleted_at", "column"],
    ["COLUMN_RESERVED", "deleted_at", "column"],
    ["COLUMN_MISSING", "another", null],
    ["CURSOR_INVALID", null, "cursor"],
    ["TYPE_MISMATCH", "id", null],
  ])("that the catalogs have found, %s of %s, lands at %s", (code, column, field) => {
    const soft: PipelinePolicies = { ...policies, deletes: { ...policies.deletes, mode: "soft" } };
    const refusal: PlanRefusal = { code, column, message: "The sentence", hint: "The hint.", side: "destination" };
    expect(refusedPolicy(refusal, soft)).toEqual(field === null ? {} : { [field]: "The sentence. The hint." });
  });
});

it("plans what is chosen to its end, and the rest as if nobody had begun", () => {
  const begun: PipelinePolicies = {
    ...policies,
    key: [],
    deletes: { mode: "soft", column: "", maxPercent: 20 },
    incremental: { cursor: "", nulls: "include", barrierSeconds: 30, lag: null },
  };
  expect(plannable(policies)).toEqual(policies);
  expect(plannable(begun)).toMatchObject({ key: null, deletes: { column: "deleted_at" }, incremental: null });
});
