import { DEFAULT_POLICIES, type VerificationMode } from "@millrace/shared";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assertUntouched, copy, people, peopleRows } from "../conformance/ends.ts";
import type { Harness } from "../conformance/harness.ts";
import { FAULTS, withFault } from "./testing/faults.ts";
import { memoryHarness } from "./testing/memory-harness.ts";

/** Connectors that carry something else than they have read, under a run as the engine executes it. */

const LOSES_ROWS = ["drops a row", "sends a row twice"];
const CHANGES_VALUES = ["cuts a text off", "loses nulls", "rounds numbers"];

const faultOf = (name: string) => {
  const fault = FAULTS.find((one) => one.name === name);
  if (!fault) throw new RangeError(`there is no fault "${name}"`);
  return fault;
};

describe("a run over a connector that", () => {
  let harness: Harness;
  const table = people("people", 100);

  beforeEach(async () => {
    harness = memoryHarness();
    await harness.create("source", table);
    await harness.create("destination", people("people", 2));
  });
  afterEach(() => harness.close());

  const run = (fault: string, verification: VerificationMode) =>
    copy(withFault(harness, faultOf(fault), 3), {
      sourceTable: table.name,
      policies: { ...DEFAULT_POLICIES, verification },
    });

  it.each([...LOSES_ROWS, ...CHANGES_VALUES])("%s never ends in success, and publishes nothing", async (fault) => {
    await expect(run(fault, "full")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    await assertUntouched(harness, table.name, peopleRows(1, 2));
  });

  it.each(LOSES_ROWS)("%s is found by counting as well", async (fault) => {
    await expect(run(fault, "count")).rejects.toThrow();
    await assertUntouched(harness, table.name, peopleRows(1, 2));
  });

  it.each(CHANGES_VALUES)("%s is not found by counting, which the run does not claim", async (fault) => {
    const { proof } = await run(fault, "count");
    expect(proof.verification).toBe("count");
    await expect(assertUntouched(harness, table.name, table.rows)).rejects.toThrow();
  });
});
