import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDate,
  formatDateTime,
  formatDuration,
  formatElapsed,
  formatRate,
  formatRelative,
  formatRows,
} from "./format.ts";

const now = new Date("2026-11-23T12:00:00Z");
const away = (ms: number) => new Date(now.getTime() + ms);

describe("counts and amounts", () => {
  it("groups digits", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
  });

  it("speaks of one row and of many", () => {
    expect([formatRows(0), formatRows(1), formatRows(2500)]).toEqual(["0 rows", "1 row", "2,500 rows"]);
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1234, "1.2 kB"],
    [999_499, "999 kB"],
    [999_500, "1 MB"],
    [9_950_000, "10 MB"],
    [128_400_000, "128 MB"],
    [5_000_000_000_000_000_000, "5,000 PB"],
  ])("writes %d bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("writes slow rates with one digit past the point", () => {
    expect([formatRate(0), formatRate(3.14), formatRate(12_345.6)]).toEqual([
      "0 rows/s",
      "3.1 rows/s",
      "12,346 rows/s",
    ]);
  });
});

describe("durations", () => {
  it.each([
    [-5000, "0 s"],
    [0, "0 s"],
    [12, "0.1 s"],
    [412, "0.4 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 00 s"],
    [184_000, "3 min 04 s"],
    [7_500_000, "2 h 05 min"],
    [273_600_000, "3 d 4 h"],
  ])("writes %d ms as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it("counts up in whole seconds", () => {
    expect([formatElapsed(-300), formatElapsed(1_900), formatElapsed(65_000)]).toEqual(["0 s", "1 s", "1 min 05 s"]);
  });
});

describe("moments", () => {
  it.each([
    [-46_000, "1 min ago"],
    [-300_000, "5 min ago"],
    [-3_580_000, "1 h ago"],
    [7_200_000, "in 2 h"],
    [-86_000_000, "1 d ago"],
    [-3 * 86_400_000, "3 d ago"],
  ])("says of %d ms from now: %s", (distanceMs, text) => {
    expect(formatRelative(away(distanceMs), now, distanceMs > 0 ? "future" : "past")).toBe(text);
  });

  it("says of this very moment whether it is behind or ahead", () => {
    expect([formatRelative(now, now, "past"), formatRelative(now, now, "future")]).toEqual(["just now", "in a moment"]);
  });

  it("gives the date once a moment is a week away", () => {
    expect(formatRelative(away(-7 * 86_400_000), now, "past")).toBe(formatDate(away(-7 * 86_400_000)));
  });

  it("writes a moment in the zone that it is asked for", () => {
    expect(formatDateTime(now, "Europe/Prague")).toBe("23 Nov 2026, 13:00:00");
  });
});
