import { afterAll } from "vitest";
import { destinationConformance, sourceConformance } from "../conformance/index.ts";
import { memoryHarness } from "./testing/memory-harness.ts";

const harness = memoryHarness();
afterAll(() => harness.close());

sourceConformance(harness);
destinationConformance(harness);
