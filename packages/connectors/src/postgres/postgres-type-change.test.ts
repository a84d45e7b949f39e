import { expect, it } from "vitest";
import { compareTypes } from "./postgres-type-change.ts";

const WIDER: readonly [string, string][] = [
  ["smallint", "integer"],
  ["smallint", "bigint"],
  ["integer", "bigint"],
  ["integer", "numeric"],
  ["integer", "numeric(10,0)"],
  ["bigint", "numeric(21,2)"],
  ["real", "double precision"],
  ["character varying(5)", "character varying(6)"],
  ["character varying(5)", "character varying"],
  ["character varying", "text"],
  ["numeric(10,2)", "numeric(12,2)"],
  ["numeric(10,2)", "numeric(12,4)"],
  ["numeric(10,2)", "numeric"],
  ["timestamp(0) without time zone", "timestamp(3) without time zone"],
  ["timestamp(3) with time zone", "timestamp with time zone"],
  ["bit varying(3)", "bit varying(4)"],
];

it.each(WIDER)("%s that becomes %s is wider, and narrower the other way round", (before, after) => {
  expect(compareTypes(before, after)).toBe("widened");
  expect(compareTypes(after, before)).toBe("narrowed");
});

const OTHERS: readonly [string, string][] = [
  ["date", "timestamp without time zone"],
  ["timestamp without time zone", "timestamp with time zone"],
  ["integer", "text"],
  ["integer", "double precision"],
  ["integer", "numeric(5,0)"],
  ["numeric(10,2)", "numeric(10,4)"],
  ["integer[]", "bigint[]"],
  ["character(3)", "character(5)"],
  ["public.mood", "text"],
];

it.each(OTHERS)("%s that becomes %s is another type", (before, after) => {
  expect(compareTypes(before, after)).toBe("changed");
  expect(compareTypes(after, before)).toBe("changed");
});
