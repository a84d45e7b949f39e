import type { RunProgress } from "@millrace/shared";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressMeter } from "./progress.ts";

describe("progress", () => {
  const told: RunProgress[] = [];
  let meter: ProgressMeter;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
    told.length = 0;
    meter = new ProgressMeter((progress) => told.push(progress));
  });
  afterEach(() => vi.useRealTimers());

  it("is told at most twice a second while rows pass, and at the end of the stage", () => {
    meter.enter("copy", 1000);
    const tally = meter.tally();
    for (let row = 1; row <= 1000; row++) {
      vi.advanceTimersByTime(2);
      tally.advance(row, row * 10);
    }
    meter.finishStage();
    expect(told.map(({ rows }) => rows)).toEqual([0, 250, 500, 750, 1000, 1000]);
    expect(told.at(-1)).toEqual({ stage: "copy", rows: 1000, bytes: 10_000, rowsPerSecond: 500, totalRows: 1000 });
  });

  it("keeps the rate of the copy in the stages after it", () => {
    meter.enter("copy", null);
    vi.advanceTimersByTime(2000);
    meter.tally().advance(100, 1);
    meter.finishStage();
    meter.enter("verify");
    vi.advanceTimersByTime(60_000);
    meter.enter("publish");
    expect(told.at(-1)).toMatchObject({ stage: "publish", rowsPerSecond: 50, rows: 100 });
  });

  it("adds up streams that bring rows at once", () => {
    meter.enter("copy", null);
    const [one, other] = [meter.tally(), meter.tally()];
    one.advance(10, 100);
    other.advance(5, 50);
    one.advance(20, 200);
    meter.finishStage();
    expect(told.at(-1)).toMatchObject({ rows: 25, bytes: 250 });
  });

  it("has no rate before anything was copied", () => {
    meter.enter("plan");
    expect(told).toEqual([{ stage: "plan", rows: 0, bytes: 0, rowsPerSecond: 0, totalRows: null }]);
  });
});
