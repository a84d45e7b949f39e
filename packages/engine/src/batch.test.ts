import { describe, expect, it } from "vitest";
import { batchOf, packRow, unpackRows, valueAt } from "./batch.ts";

const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
const ROWS = [
  ["1", "a", null],
  [null, "", "\0\xff"],
  ["-3", null, "x".repeat(100_000)],
].map((row) => row.map(bytes));

const rowsOf = (batch: ReturnType<typeof batchOf>) =>
  Array.from({ length: batch.rowCount }, (_row, row) => batch.columns.map((_column, at) => valueAt(batch, row, at)));

describe("a batch", () => {
  it("gives back what went in, and tells null from nothing", () => {
    const batch = batchOf(["integer", "text", "bytes"], ROWS);
    expect(rowsOf(batch)).toEqual(ROWS);
    expect(batch.columns.map(({ type }) => type)).toEqual(["integer", "text", "bytes"]);
  });

  it("taken apart into single rows and put together again is the same", () => {
    const batch = batchOf(["integer", "text", "bytes"], ROWS);
    const again = unpackRows(ROWS.map((_row, index) => packRow(batch, index)));
    expect(rowsOf(again)).toEqual(ROWS);
    expect(again.columns.map(({ type }) => type)).toEqual(["integer", "text", "bytes"]);
  });

  it("may have rows without columns", () => {
    const batch = batchOf([], [[], []]);
    expect(batch.rowCount).toBe(2);
    expect(unpackRows([packRow(batch, 0), packRow(batch, 1)])).toMatchObject({ rowCount: 2, columns: [] });
  });
});
