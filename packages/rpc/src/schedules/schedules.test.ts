import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { previewSchedule } from "./schedules.service.ts";

const clock = { now: () => new Date("2026-03-28T12:00:00Z") };

describe("the preview of a schedule", () => {
  // faults.md 74
  it("shows the next five fires in the zone and in UTC, across a change of the clock", () => {
    const preview = previewSchedule(clock, { schedule: "30 3 * * *", timezone: "Europe/Prague" });
    expect(preview.sentence).toBe("At 03:30");
    expect(preview.fires.slice(0, 2)).toEqual([
      { at: "2026-03-29T01:30:00.000Z", local: "2026-03-29T03:30:00+02:00" },
      { at: "2026-03-30T01:30:00.000Z", local: "2026-03-30T03:30:00+02:00" },
    ]);
    expect(preview.fires).toHaveLength(5);
  });

  it.each([
    ["UTC", "2026-03-29T00:00:00+00:00"],
    ["America/St_Johns", "2026-03-29T00:00:00-02:30"],
    ["Asia/Kathmandu", "2026-03-29T00:00:00+05:45"],
  ])("spells the offset of %s", (timezone, local) => {
    expect(previewSchedule(clock, { schedule: "0 0 * * *", timezone }).fires[0]?.local).toBe(local);
  });

  it.each([
    ["every tuesday", "UTC"],
    ["* * * * * *", "UTC"],
    ["0 0 30 2 *", "UTC"],
    ["0 0 * * *", "Mars/Olympus"],
  ])("of %s in %s is a refusal with its reason", (schedule, timezone) => {
    expect(() => previewSchedule(clock, { schedule, timezone })).toThrow(AppError);
    expect(() => previewSchedule(clock, { schedule, timezone })).toThrow("The schedule is not valid: ");
  });
});
