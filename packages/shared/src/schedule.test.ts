import { describe, expect, it } from "vitest";
import { AppError } from "./errors.ts";
import { assertSchedule, describeSchedule, nextFire, nextFires, Schedule } from "./schedule.ts";

const fires = (expression: string, timezone: string, after: string, count: number) =>
  nextFires(expression, timezone, new Date(after), count).map((fire) => fire.toISOString().slice(0, 16));

describe("a schedule", () => {
  it("fires in its own time zone, answered in UTC", () => {
    expect(fires("30 6 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", 2)).toEqual([
      "2026-01-01T01:00",
      "2026-01-02T01:00",
    ]);
  });

  // faults.md 74
  it("fires once on the night that spring skips its hour", () => {
    expect(fires("30 2 * * *", "Europe/Prague", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00",
      "2026-03-30T00:30",
    ]);
  });

  it("fires once on the night that autumn repeats its hour", () => {
    expect(fires("30 2 * * *", "Europe/Prague", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  it("keeps an hourly rhythm across both changes of the clock", () => {
    const hourly = (after: string) => fires("0 * * * *", "Europe/Prague", after, 4).map((fire) => fire.slice(11));
    expect(hourly("2026-03-28T23:30:00Z")).toEqual(["00:00", "01:00", "02:00", "03:00"]);
    expect(hourly("2026-10-24T22:30:00Z")).toEqual(["23:00", "00:00", "01:00", "02:00"]);
  });

  it("fires strictly after the time that is given", () => {
    expect(nextFire("0 0 * * *", "UTC", new Date("2026-01-01T00:00:00Z"))?.toISOString()).toBe(
      "2026-01-02T00:00:00.000Z",
    );
  });

  it.each([
    ["six fields, which would allow seconds", "* * * * * *", "five fields"],
    ["a nickname", "@daily", "five fields"],
    ["words", "every tuesday", "five fields"],
    ["a minute past 59", "61 * * * *", "61"],
    ["a step of zero", "*/0 * * * *", "stepping"],
    ["letters", "a b c d e", "illegal"],
    ["a date that never comes", "0 0 30 2 *", "never"],
    ["5,000 characters", `${"1,".repeat(2500)}1 * * * *`, "200 characters"],
  ])("is refused with the reason: %s", (_label, expression, reason) => {
    const refuse = () => assertSchedule(expression, "UTC");
    expect(refuse).toThrow(AppError);
    expect(refuse).toThrow(reason);
    expect(Schedule.safeParse(expression).success).toBe(false);
  });

  it("is refused in a zone that does not exist", () => {
    expect(() => assertSchedule("0 0 * * *", "Mars/Olympus")).toThrow("Mars/Olympus is not a time zone");
  });

  it("reads as a sentence", () => {
    expect(describeSchedule("30 2 * * 1-5", "UTC")).toBe("At 02:30, Monday through Friday");
  });
});
