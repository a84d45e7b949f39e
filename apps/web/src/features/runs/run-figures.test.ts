import type { Run, RunProgress } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { copiedShare, elapsedMs, rateOf, remainingMs, stageMs, stageStates } from "./run-figures.ts";

const progress: RunProgress = { stage: "copy", rows: 250, bytes: 9000, rowsPerSecond: 50, totalRows: 1000 };
const running: Run = {
  id: "019ab000-0000-7000-8000-000000000001",
  pipelineId: "019ab000-0000-7000-8000-000000000002",
  status: "running",
  trigger: "manual",
  triggeredBy: null,
  triggeredByName: null,
  undoes: null,
  isBackfill: false,
  replays: null,
  dueAt: null,
  attempt: 1,
  startTime: "2026-11-23T12:00:00.000Z",
  endTime: null,
  recordsProcessed: 250,
  recordsFailed: 0,
  log: "",
  errorMessage: null,
  failure: null,
  progress,
  stages: [],
  proof: null,
  createdAt: "2026-11-23T12:00:00.000Z",
};
const proof = {
  isVerified: true,
  verification: "full" as const,
  sourceDigest: null,
  destinationDigest: null,
  changes: null,
  wireFormat: "pg-binary",
  bytes: 9000,
  durationMs: 2000,
};
const words = (run: Run) => stageStates(run).map(({ state }) => state);

describe("the stages of a run", () => {
  it("are all ahead of a run that waits", () => {
    expect(words({ ...running, status: "pending", progress: null })).toEqual(["ahead", "ahead", "ahead", "ahead"]);
  });

  it("are done up to the one under way", () => {
    expect(words(running)).toEqual(["done", "current", "ahead", "ahead"]);
  });

  it("are all done after a success", () => {
    expect(words({ ...running, status: "success", proof })).toEqual(["done", "done", "done", "done"]);
  });

  it("of a replay have a comparison, but of one from before replays compared", () => {
    const replay = { ...running, trigger: "replay" as const, status: "success" as const };
    expect(words({ ...replay, proof })).toEqual(["done", "done", "done", "done"]);
    expect(words(replay)).toEqual(["done", "done", "done"]);
  });

  it("show verification as skipped where it was off", () => {
    const ended = (verification: "count" | "off") =>
      words({ ...running, status: "success", proof: { ...proof, isVerified: null, verification } });
    expect(ended("off")[2]).toBe("skipped");
    expect(ended("count")[2]).toBe("done");
  });

  it("are only those that there are of a run that verifies", () => {
    expect(stageStates({ ...running, trigger: "verify" }).map(({ stage }) => stage)).toEqual(["plan", "verify"]);
  });

  it.each(["failed", "cancelled"] as const)("show where a run that %s stopped", (status) => {
    expect(words({ ...running, status })).toEqual(["done", "stopped", "ahead", "ahead"]);
  });
});

describe("the time of a stage", () => {
  const startedAt = "2026-11-23T12:00:00.000Z";
  const now = Date.parse("2026-11-23T12:00:10.000Z");

  it("goes on while it is under way, and ends with the stage, or at the latest with the run", () => {
    const open = { stage: "copy", startedAt, endedAt: null } as const;
    expect(stageMs(open, running, now)).toBe(10_000);
    expect(stageMs({ ...open, endedAt: "2026-11-23T12:00:02.000Z" }, running, now)).toBe(2000);
    expect(stageMs(open, { ...running, status: "failed", endTime: "2026-11-23T12:00:03.000Z" }, now)).toBe(3000);
  });
});

describe("the figures of a run", () => {
  const now = Date.parse("2026-11-23T12:00:10.000Z");

  it("count the time up while it runs and stop at its end", () => {
    expect(elapsedMs(running, now)).toBe(10_000);
    expect(elapsedMs({ ...running, status: "success", endTime: "2026-11-23T12:00:04.000Z" }, now)).toBe(4000);
    expect(elapsedMs({ ...running, startTime: null }, now)).toBeNull();
  });

  it("never run backwards when the clocks of browser and server differ", () => {
    expect(elapsedMs(running, now - 60_000)).toBe(0);
  });

  it("estimate what is left from the rate, only during the copy", () => {
    expect(remainingMs(running)).toBe(15_000);
    expect(remainingMs({ ...running, progress: { ...progress, stage: "verify" } })).toBeNull();
    expect(remainingMs({ ...running, progress: { ...progress, totalRows: null } })).toBeNull();
    expect(remainingMs({ ...running, progress: { ...progress, rowsPerSecond: 0 } })).toBeNull();
    expect(remainingMs({ ...running, progress: { ...progress, rows: 2000 } })).toBeNull();
    expect(remainingMs({ ...running, status: "cancelled" })).toBeNull();
  });

  it("never show a copy as complete on the word of an estimate", () => {
    expect(copiedShare(running)).toBe(0.25);
    expect(copiedShare({ ...running, progress: { ...progress, rows: 5000 } })).toBe(0.99);
    expect(copiedShare({ ...running, progress: { ...progress, totalRows: null } })).toBeNull();
    expect(copiedShare({ ...running, progress: { ...progress, stage: "publish" } })).toBe(1);
  });

  it("give the rate of the whole run once it has ended and nothing was measured on the way", () => {
    expect(rateOf(running)).toBe(50);
    expect(rateOf({ ...running, status: "success", progress: null, recordsProcessed: 1000, proof })).toBe(500);
    expect(rateOf({ ...running, status: "failed", progress: null })).toBeNull();
  });
});
