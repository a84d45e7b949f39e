import { MAX_RUN_SAMPLES, type RunProgress, type RunStage } from "@millrace/shared";
import { expect, test } from "vitest";
import { RunHistory } from "./run-history.ts";

const START = Date.parse("2026-11-24T12:00:00.000Z");
const at = (ms: number) => new Date(START + ms);
const progress = (stage: RunStage, rows = 0): RunProgress => ({
  stage,
  rows,
  bytes: rows * 10,
  rowsPerSecond: 0,
  totalRows: null,
});

test("a stage ends where the next one begins, and the last one with the run", () => {
  const history = new RunHistory();
  history.take(progress("plan"), at(0));
  history.take(progress("plan"), at(40));
  history.take(progress("copy"), at(100));
  history.take(progress("verify", 10), at(900));
  history.end(at(950));
  expect(history.stages.map(({ stage, startedAt, endedAt }) => [stage, startedAt, endedAt])).toEqual([
    ["plan", at(0).toISOString(), at(100).toISOString()],
    ["copy", at(100).toISOString(), at(900).toISOString()],
    ["verify", at(900).toISOString(), at(950).toISOString()],
  ]);
});

test("the copy is sampled from its first row to its last, counted from the start of the run", () => {
  const history = new RunHistory();
  history.take(progress("plan"), at(0));
  expect(history.samples).toBeNull();
  history.take(progress("copy"), at(100));
  history.take(progress("copy", 500), at(600));
  history.take(progress("copy", 800), at(800));
  history.take(progress("verify", 800), at(900));
  expect(history.samples).toEqual({ atMs: [100, 600, 800], rows: [0, 500, 800], bytes: [0, 5000, 8000] });
});

test("a copy of any length keeps a bounded number of samples, spread over all of it, the latest among them", () => {
  const history = new RunHistory();
  for (let step = 0; step <= 2_000; step += 1) {
    history.take(progress("copy", step * 100), at(step * 500));
    expect(history.samples?.atMs.length).toBeLessThanOrEqual(MAX_RUN_SAMPLES);
    expect(history.samples?.rows.at(-1)).toBe(step * 100);
  }
  const atMs = history.samples?.atMs ?? [];
  expect(atMs.length).toBeGreaterThan(MAX_RUN_SAMPLES / 3);
  expect(atMs[0]).toBe(0);
  expect(atMs).toEqual(atMs.toSorted((a, b) => a - b));
  const gaps = atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0));
  expect(Math.max(...gaps.slice(0, -1))).toBeLessThanOrEqual(1_000_000 / 20);
});

test("another try within the run begins its history anew", () => {
  const history = new RunHistory();
  history.take(progress("plan"), at(0));
  history.take(progress("copy", 5), at(100));
  history.take(progress("plan"), at(2000));
  expect(history.stages).toEqual([{ stage: "plan", startedAt: at(2000).toISOString(), endedAt: null }]);
  expect(history.samples).toBeNull();
});
