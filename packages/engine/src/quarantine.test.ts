import { AppError, type ErrorBudget, MAX_QUARANTINED_ROWS } from "@millrace/shared";
import { expect, it } from "vitest";
import { Quarantine, type QuarantinedRow } from "./quarantine.ts";

const row: QuarantinedRow = {
  code: "CONSTRAINT_VIOLATED",
  sqlstate: "23514",
  column: "age",
  reason: "A row violates the constraint grown",
  key: { id: "7" },
  values: null,
};

async function exceed(budget: ErrorBudget, count: number): Promise<AppError> {
  const quarantine = new Quarantine(budget, undefined);
  const error = await quarantine
    .keep(
      Array.from({ length: count }, () => row),
      [],
    )
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new RangeError("it was kept");
  return error;
}

it("says of a share that it was the limit of every run which failed this one", async () => {
  const error = await exceed({ maxPercent: 50 }, MAX_QUARANTINED_ROWS + 1);
  expect(error.code).toBe("ERROR_BUDGET_EXCEEDED");
  expect(error.message).toContain("more than the 100000 rows");
  expect(error.toSummary().hint).toContain("no run sets more of them aside, whatever its budget");
  expect(error.toSummary().hint).not.toContain("raise");
});

it("says of a number of rows that it may be raised", async () => {
  const error = await exceed({ maxRows: 2, maxPercent: 1 }, 3);
  expect(error.message).toContain("more than the 2 rows and 1 per cent");
  expect(error.toSummary().hint).toContain("or raise the budget");
});
