import { newId, type Pipeline } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import {
  changedFields,
  type Draft,
  draftOf,
  faultsOf,
  furthestStep,
  newDraft,
  stepHolds,
  stepOfField,
  withConsequences,
} from "./draft.ts";

const whole: Draft = {
  ...newDraft("Europe/Berlin"),
  name: "orders",
  sourceId: newId(),
  sourceTable: "public.orders",
  destinationId: newId(),
  destinationTable: "public.orders",
};

describe("a step", () => {
  it("opens when the one before holds", () => {
    expect(furthestStep(newDraft("UTC"))).toBe("source");
    expect(furthestStep({ ...newDraft("UTC"), sourceId: whole.sourceId })).toBe("table");
    expect(furthestStep({ ...whole, destinationId: null })).toBe("destination");
    expect(furthestStep({ ...whole, destinationTable: "" })).toBe("columns");
    expect(furthestStep({ ...whole, schedule: "every day" })).toBe("schedule");
    expect(furthestStep({ ...whole, name: " " })).toBe("review");
    expect(stepHolds(whole, "review")).toBe(true);
  });

  it("is found by its fields, each of which has one", () => {
    expect(Object.keys(whole).map((field) => stepOfField(field as keyof Draft))).not.toContain(undefined);
    expect(stepOfField("timezone")).toBe("schedule");
  });
});

describe("a fault", () => {
  it("says what to choose where nothing is chosen yet", () => {
    expect(faultsOf(newDraft("UTC"), ["sourceId", "sourceTable"])).toEqual({
      sourceId: "Choose the data source to read from",
      sourceTable: "Choose the table to copy",
    });
  });

  it("has the words of the schema that the server checks with", () => {
    expect(faultsOf({ ...whole, name: "" }, ["name"])).toEqual({ name: "Name is required" });
    expect(faultsOf({ ...whole, destinationTable: "a.b.c" }, ["destinationTable"]).destinationTable).toContain(
      "is not a table name",
    );
  });

  it.each(["* * * * * *", "61 * * * *", "0 0 30 2 *", "often"])("finds that %j is no schedule", (schedule) => {
    expect(faultsOf({ ...whole, schedule }, ["schedule", "timezone"]).schedule).toContain("The schedule is not valid");
  });

  it("finds a time zone that there is none of", () => {
    expect(faultsOf({ ...whole, schedule: "0 0 * * *", timezone: "Mars/Olympus" }, ["schedule", "timezone"])).toEqual({
      timezone: "Time zone is not a known time zone",
    });
  });
});

describe("a change", () => {
  it("of the source takes the table along, of which the new one may have none", () => {
    expect(withConsequences(whole, { sourceId: newId() })).toMatchObject({ sourceTable: null });
    expect(withConsequences(whole, { sourceId: whole.sourceId })).not.toHaveProperty("sourceTable");
    expect(withConsequences(whole, { sourceId: newId(), sourceTable: "a.b" })).toMatchObject({ sourceTable: "a.b" });
  });

  it("is told in the order of the form", () => {
    expect(changedFields(whole, { ...whole, name: "other", mode: "realtime" })).toEqual(["mode", "name"]);
    expect(changedFields(whole, whole)).toEqual([]);
  });
});

it("a pipeline whose schedule is on stays on, whatever its last run came to", () => {
  const pipeline = { ...whole, status: "failed", isEnabled: true } as unknown as Pipeline;
  expect(draftOf(pipeline)).toEqual({ ...whole, status: "active" });
});
