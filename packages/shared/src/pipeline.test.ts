import { expect, it } from "vitest";
import { CreatePipelineInput, UpdatePipelineInput } from "./pipeline.ts";
import { newId } from "./ids.ts";
import { DEFAULT_POLICIES } from "./pipeline-policies.ts";

it("a name is enough for a pipeline, and the rest has its defaults", () => {
  expect(CreatePipelineInput.parse({ name: " sales " })).toEqual({
    name: "sales",
    description: "",
    sourceId: null,
    sourceTable: null,
    destinationId: null,
    destinationTable: null,
    mode: "batch",
    writeMode: "replace",
    schedule: null,
    timezone: "UTC",
    status: "inactive",
    policies: DEFAULT_POLICIES,
    limits: { parallelism: 2 },
    mapping: { columns: [], rest: "keep", exclude: [], filter: null, query: null },
    maskKey: null,
  });
});

it("an update holds only what was named, so nothing else is reset to a default", () => {
  const id = newId();
  expect(UpdatePipelineInput.parse({ id, description: "x" })).toEqual({ id, description: "x" });
});

// security.md S19
it.each(["organizationId", "createdBy", "createdAt", "lastRunAt", "fence", "role", "isEnabled", "constructor"])(
  "%s is not anybody's to set",
  (key) => {
    expect(CreatePipelineInput.safeParse({ name: "a", [key]: "x" }).success).toBe(false);
    expect(UpdatePipelineInput.safeParse({ id: newId(), [key]: "x" }).success).toBe(false);
  },
);

it("a state that belongs to a run is refused as a status", () => {
  for (const status of ["running", "failed"])
    expect(CreatePipelineInput.safeParse({ name: "a", status }).success).toBe(false);
});
