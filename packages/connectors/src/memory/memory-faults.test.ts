import { describe, expect, it } from "vitest";
import { caseFor } from "../conformance/case.ts";
import { conformanceCases } from "../conformance/cases.ts";
import type { Harness } from "../conformance/harness.ts";
import { FAULTS, withFault } from "./testing/faults.ts";
import { memoryHarness } from "./testing/memory-harness.ts";

/** Which rows and chunks are hit. */
const SEEDS = [0, 1, 17];

/** What the suite's case of the name says of the connector: null when it passes. */
async function verdict(harness: Harness, name: string): Promise<unknown> {
  const found = conformanceCases(harness).find((one) => one.name === name);
  const asked = found && caseFor(found, harness);
  if (!asked) throw new RangeError(`the suite has no case "${name}"`);
  try {
    await asked.run(harness);
    return null;
  } catch (error) {
    return error;
  } finally {
    await harness.close();
  }
}

describe("the conformance suite catches a connector that", () => {
  it.each(FAULTS)("$name", async (fault) => {
    expect(await verdict(memoryHarness(), fault.caughtBy), "the connector without the fault").toBeNull();
    for (const seed of SEEDS) {
      expect(await verdict(withFault(memoryHarness(), fault, seed), fault.caughtBy), `seed ${seed}`).not.toBeNull();
    }
  });
});
