import { expect, test } from "vitest";
import { throughputOf } from "./throughput.ts";

test("the rate at a point is that of the stretch before it", () => {
  const throughput = throughputOf({ atMs: [100, 600, 1100, 2100], rows: [0, 500, 1500, 1500], bytes: [0, 1, 2, 3] });
  expect(throughput).toEqual({
    seconds: [0.1, 0.6, 1.1, 2.1],
    rowsPerSecond: [1000, 1000, 2000, 0],
    average: 750,
    highest: 2000,
  });
});

test("the end of a copy that comes right after its last report is no standstill", () => {
  const samples = { atMs: [0, 500, 1000, 1004], rows: [0, 500, 1000, 1000], bytes: [0, 0, 0, 0] };
  expect(throughputOf(samples)).toMatchObject({ seconds: [0, 0.5, 1.004], rowsPerSecond: [1000, 1000, 992] });
  expect(throughputOf({ atMs: [5, 5, 5], rows: [0, 10, 20], bytes: [0, 0, 0] })).toBeNull();
});

test("a copy that was too short to be watched has none", () => {
  expect(throughputOf(null)).toBeNull();
  expect(throughputOf({ atMs: [0, 80], rows: [0, 1000], bytes: [0, 1] })).toBeNull();
});
