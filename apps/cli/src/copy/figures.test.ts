import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatRate, visible } from "./figures.ts";

describe("figures for people", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 KB"],
    [16_914, "16.9 KB"],
    [999_499, "999 KB"],
    [999_600, "1.00 MB"],
    [1_023_000_000, "1.02 GB"],
    [5_000_000_000_000_000, "5000 TB"],
  ])("writes %i bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("writes counts with commas, and no rate for what took no time", () => {
    expect(formatCount(5_000_000)).toBe("5,000,000");
    expect(formatRate(1000, 500)).toBe("2,000");
    expect(formatRate(1000, 0)).toBe("");
  });

  it("shows what a terminal would obey as its code, and leaves letters of any script alone", () => {
    expect(visible("a\u001b[2J\r\nb\u009b\u202ec")).toBe("a\\u{1b}[2J\\u{d}\\u{a}b\\u{9b}\\u{202e}c");
    expect(visible("tabelle_für_日本 'x' \"y\"")).toBe("tabelle_für_日本 'x' \"y\"");
  });
});
