import { describe, expect, it } from "vitest";
import { splitUrlPassword } from "./connection-url.ts";

describe("a connection URL", () => {
  it.each([
    ["postgres://ann:secret@db:5432/shop?sslmode=require", "postgres://ann@db:5432/shop?sslmode=require", "secret"],
    ["postgres://ann:p%40%2F%3A@db/shop", "postgres://ann@db/shop", "p@/:"],
    ["postgres://ann:a@b:c@db/shop", "postgres://ann@db/shop", "a@b:c"],
    ["postgres://ann:@db/shop", "postgres://ann@db/shop", ""],
    ["  POSTGRES://ann:secret@[::1]:5432/d", "  POSTGRES://ann@[::1]:5432/d", "secret"],
  ])("gives its password away and keeps the rest: %s", (url, rest, password) => {
    expect(splitUrlPassword(url)).toEqual({ url: rest, password });
  });

  it.each([
    "postgres://ann@db/shop",
    "postgres://db:5432/shop",
    "postgres://[::1]:5432/d",
    "postgres://ann:%zz@db/shop",
    "postgres://ann/pa:ss@db",
    "ann:secret@db",
    "",
  ])("without a password that can be told stays as it is: %s", (url) => {
    expect(splitUrlPassword(url)).toEqual({ url, password: null });
  });
});
