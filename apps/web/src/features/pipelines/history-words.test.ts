import { expect, it } from "vitest";
import { actionPhrase, fieldWord, startedRunId, valueText } from "./history-words.ts";

const change = (field: string, before: string | boolean | null, after: string | boolean | null) => ({
  field,
  values: { before, after },
});

it("says what was done in words", () => {
  const update = (...changes: ReturnType<typeof change>[]) => actionPhrase({ action: "pipelines.update", changes });
  expect(update(change("isEnabled", false, true))).toBe("switched the schedule on");
  expect(update(change("sourceTable", "a", "b"))).toBe("changed the source table");
  expect(update(change("name", "a", "b"), change("mode", "batch", "realtime"))).toBe("changed 2 settings");
  expect(update()).toBe("saved the pipeline unchanged");
  expect(actionPhrase({ action: "pipelines.create", changes: [] })).toBe("created the pipeline");
  expect(actionPhrase({ action: "runs.undo", changes: [] })).toBe("started a run that undoes another");
  expect(actionPhrase({ action: "pipelines.unheardOf", changes: [] })).toBe("pipelines.unheardOf");
});

it("names fields that it does not know by taking their names apart", () => {
  expect(fieldWord("destinationTable")).toBe("Destination table");
  expect(fieldWord("errorBudgetRows")).toBe("Error budget rows");
});

it("shows values as people read them, and data sources by name", () => {
  const nameOf = (id: string | null) => (id === "1" ? "Shop" : null);
  expect(valueText("sourceId", "1", nameOf)).toBe("Shop");
  expect(valueText("sourceId", "2", nameOf)).toBe("2");
  expect(valueText("isEnabled", false, nameOf)).toBe("off");
  expect(valueText("description", "", nameOf)).toBe("not set");
  const policies = { key: ["id"], deletes: { mode: "soft", column: "gone_at", maxPercent: 20 } };
  expect(valueText("policies", policies, nameOf)).toBe("key: id; deletes: soft in gone_at, at most 20 %");
  expect(valueText("policies", { from: "another version" }, nameOf)).toBe('{"from":"another version"}');
  expect(valueText("mapping", { a: 1 }, nameOf)).toBe('{"a":1}');
  expect(valueText("mapping", { exclude: ["note"] }, nameOf)).toBe("without note");
  expect(valueText("hasMaskKey", true, nameOf)).toBe("set");
});

it("finds the run that an event started", () => {
  expect(startedRunId({ changes: [change("run", null, "7")] })).toBe("7");
  expect(startedRunId({ changes: [change("name", null, "7")] })).toBeUndefined();
});
