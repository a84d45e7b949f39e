import { describe, it } from "vitest";
import { type Area, caseFor, type ConformanceCase } from "./case.ts";
import { conformanceCases } from "./cases.ts";
import type { Harness } from "./harness.ts";

export type { Harness, PortableRow, PortableTable } from "./harness.ts";
export { SECRET } from "./harness.ts";

/**
 * The suite that every connector passes which can be a source. To be called in a test file; the harness may be connected later, as
 * long as `title`, `connector`, `types` and `waivers` are there.
 */
export const sourceConformance = (harness: Harness): void => conformance(harness, "source");

/** The same for one that can be a destination. */
export const destinationConformance = (harness: Harness): void => conformance(harness, "destination");

function conformance(harness: Harness, side: ConformanceCase["side"]): void {
  const cases = conformanceCases(harness).filter((one) => one.side === side);
  const areas = new Map<Area, ConformanceCase[]>();
  for (const one of cases) areas.set(one.area, [...(areas.get(one.area) ?? []), one]);
  describe(`${harness.title} as a ${side}`, () => {
    for (const [area, own] of areas) describe(area, () => own.forEach((one) => register(harness, one)));
  });
}

function register(harness: Harness, one: ConformanceCase): void {
  const asked = caseFor(one, harness);
  if (!asked) return;
  const reason = harness.waivers?.[one.name];
  if (reason === undefined) {
    it(asked.name, () => asked.run(harness));
    return;
  }
  it.fails(`${asked.name} [waived: ${reason}]`, () => asked.run(harness));
}
