import { describe, expect, it } from "vitest";
import { JobShares } from "./job-shares.ts";

const sharesOf = (jobs: number, tables: number) => {
  const shares = new JobShares(jobs, tables);
  return Array.from({ length: Math.min(jobs, tables) }, () => shares.take());
};

describe("jobs", () => {
  it.each([
    [1, 1, [1]],
    [4, 1, [4]],
    [64, 1, [16]],
    [4, 2, [2, 2]],
    [4, 3, [2, 1, 1]],
    [5, 3, [2, 2, 1]],
    [3, 8, [1, 1, 1]],
  ])("%d for %d tables are shared %j, and never more than there are", (jobs, tables, expected) => {
    expect(sharesOf(jobs, tables)).toEqual(expected);
  });

  it("that a table gives back go to those that still wait", () => {
    const shares = new JobShares(4, 3);
    expect([shares.take(), shares.take()]).toEqual([2, 1]);
    shares.giveBack(2);
    expect(shares.take()).toBe(3);
  });
});
