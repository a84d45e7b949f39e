import { describe, expect, it } from "vitest";
import { ShortcutReader } from "./shortcut-reader.ts";

const reader = () => new ShortcutReader(["?", "g p", "g r", "c"]);
const keysOf = (reader: ShortcutReader, keys: readonly [string, number][]) =>
  keys.map(([key, atMs]) => reader.read(key, atMs));

describe("a shortcut reader", () => {
  it("knows a single key at once", () => {
    expect(keysOf(reader(), [["?", 0]])).toEqual(["?"]);
  });

  it("knows two keys that follow each other", () => {
    expect(
      keysOf(reader(), [
        ["g", 0],
        ["p", 400],
      ]),
    ).toEqual([null, "g p"]);
  });

  it("forgets the first key after a second and a half", () => {
    expect(
      keysOf(reader(), [
        ["g", 0],
        ["p", 1501],
      ]),
    ).toEqual([null, null]);
  });

  it("takes the second of two first keys for the first", () => {
    expect(
      keysOf(reader(), [
        ["g", 0],
        ["g", 100],
        ["r", 200],
      ]),
    ).toEqual([null, null, "g r"]);
  });

  it("takes a single key after one that leads nowhere", () => {
    expect(
      keysOf(reader(), [
        ["g", 0],
        ["c", 100],
      ]),
    ).toEqual([null, "c"]);
  });

  it("begins anew after a reset", () => {
    const each = reader();
    each.read("g", 0);
    each.reset();
    expect(each.read("p", 100)).toBeNull();
  });
});
