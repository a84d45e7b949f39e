import { expect, it } from "vitest";
import { cursorKindOf, cursorRefusal, hasOwnLag } from "./cursor-types.ts";

it("knows a type by its name, whatever its length or precision", () => {
  expect(cursorKindOf("timestamp(3) with time zone")).toBe("time");
  expect(cursorKindOf("numeric(15,2)")).toBe("number");
  expect(cursorKindOf("character varying(40)")).toBe("name");
  expect(hasOwnLag("timestamp(3) without time zone")).toBe(true);
  expect(hasOwnLag("timestamp with time zone")).toBe(false);
});

it.each(["jsonb", "boolean", "integer[]", "public.mood[]", "double precision"])(
  "says why a column of type %s is no cursor",
  (type) => {
    expect(cursorRefusal(type)).toBe(`${type} does not serve`);
  },
);

it.each(["bigint", "date", "uuid", "public.moment"])("leaves a column of type %s to be chosen", (type) => {
  expect(cursorRefusal(type)).toBeUndefined();
});
