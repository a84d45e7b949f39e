import { expect, it } from "vitest";
import { AppError } from "./errors.ts";
import { newId } from "./ids.ts";
import { decodeCursor, encodeCursor } from "./page.ts";
import { hasRole, ROLES } from "./role-order.ts";
import { digestsEqual } from "./digest.ts";

it("a cursor gives back its id, and anything else is refused", () => {
  const id = newId();
  expect(decodeCursor(encodeCursor(id))).toBe(id);
  for (const forged of ["", "%%%", btoa("' or 1=1 --"), id]) expect(() => decodeCursor(forged)).toThrow(AppError);
});

it("ids sort by the time of their making", () => {
  const ids = Array.from({ length: 50 }, newId);
  expect([...ids].sort()).toEqual(ids);
});

it("a role includes itself and those below it, and no other", () => {
  expect(ROLES.map((role) => hasRole("editor", role))).toEqual([false, false, true, true, true]);
});

it("digests differ when any of count, sum and xor does", () => {
  const digest = { rowCount: 2, sum: "10", xor: "3" };
  expect(digestsEqual(digest, { ...digest })).toBe(true);
  for (const other of [{ rowCount: 3 }, { sum: "11" }, { xor: "4" }]) {
    expect(digestsEqual(digest, { ...digest, ...other })).toBe(false);
  }
});
