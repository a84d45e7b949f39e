import { describe, expect, it } from "vitest";
import { makeShop } from "./shop.ts";

const rowsOf = (seed: number, name: string) => [
  ...(makeShop(seed)
    .find((table) => table.name === name)
    ?.rows() ?? []),
];

describe("the sample shop", () => {
  it("is the same for the same seed and another for another", () => {
    expect(rowsOf(1, "orders").slice(0, 50)).toEqual(rowsOf(1, "orders").slice(0, 50));
    expect(rowsOf(1, "orders").slice(0, 50)).not.toEqual(rowsOf(2, "orders").slice(0, 50));
  });

  it("has about 100,000 rows", () => {
    const count = makeShop().reduce((sum, table) => sum + [...table.rows()].length, 0);
    expect(count).toBeGreaterThan(90_000);
    expect(count).toBeLessThan(130_000);
  });

  it("has no line of an order or a product that is not there", () => {
    const products = new Set(rowsOf(1, "products").map((row) => row[0]));
    const orders = new Set(rowsOf(1, "orders").map((row) => row[0]));
    const lines = rowsOf(1, "order_lines");
    expect(lines.every((line) => orders.has(line[0] ?? null) && products.has(line[2] ?? null))).toBe(true);
    expect(new Set(lines.map((line) => `${line[0]}:${line[1]}`)).size).toBe(lines.length);
  });
});
