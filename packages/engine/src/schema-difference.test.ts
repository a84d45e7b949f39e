import type { SchemaAgreement, TableShape } from "@millrace/shared";
import { expect, it } from "vitest";
import { schemaDifference } from "./schema-difference.ts";

const shape = (columns: Record<string, string>, primaryKey: string[] = ["id"]): TableShape => ({
  columns: Object.entries(columns).map(([name, type]) => ({
    name,
    type: type.replace(" null", ""),
    isNullable: type.endsWith(" null"),
  })),
  primaryKey,
});
const BEFORE = shape({ id: "integer", a: "integer", b: "text null" });
const agreement = (source: TableShape, destination: TableShape | null = BEFORE): SchemaAgreement => ({
  source,
  destination,
});
const compare = (before: string, after: string) =>
  before === "integer" && after === "bigint" ? ("widened" as const) : ("changed" as const);
const changes = (now: SchemaAgreement, agreed = agreement(BEFORE)) =>
  schemaDifference(agreed, now, compare).map(
    ({ side, kind, column, before, after }) => `${side} ${kind} ${column}: ${before} -> ${after}`,
  );

it("finds nothing where nothing has changed, whatever the order of the columns", () => {
  expect(changes(agreement(shape({ b: "text null", id: "integer", a: "integer" })))).toEqual([]);
});

it("tells a column that was renamed as one that was removed and one that was added", () => {
  expect(changes(agreement(shape({ id: "integer", c: "integer", b: "text null" })))).toEqual([
    "source column_removed a: integer -> null",
    "source column_added c: null -> integer",
  ]);
});

it("tells a type by what the system says of it, and as changed where nobody can say", () => {
  const now = agreement(shape({ id: "integer", a: "bigint", b: "jsonb null" }));
  expect(changes(now)).toEqual(["source type_widened a: integer -> bigint", "source type_changed b: text -> jsonb"]);
  expect(schemaDifference(agreement(BEFORE), now).map(({ kind }) => kind)).toEqual(["type_changed", "type_changed"]);
});

it("tells a column that may be NULL now, and one that may no longer", () => {
  expect(changes(agreement(shape({ id: "integer", a: "integer null", b: "text" })))).toEqual([
    "source nullability_loosened a: integer -> integer",
    "source nullability_tightened b: text -> text",
  ]);
});

it("tells a key that has changed, its order included", () => {
  const columns = { id: "integer", a: "integer", b: "text null" };
  expect(changes(agreement(shape(columns, [])))).toEqual(["source key_changed null: id -> null"]);
  expect(changes(agreement(shape(columns, ["a", "id"])), agreement(shape(columns, ["id", "a"])))).toEqual([
    "source key_changed null: id, a -> a, id",
  ]);
});

it("tells what was changed at the destination by itself, and nothing of one that is not known", () => {
  const altered = shape({ id: "integer", a: "integer", theirs: "date null" });
  expect(changes(agreement(BEFORE, altered))).toEqual([
    "destination column_removed b: text -> null",
    "destination column_added theirs: null -> date",
  ]);
  expect(changes(agreement(BEFORE, altered), agreement(BEFORE, null))).toEqual([]);
  expect(changes(agreement(BEFORE, null))).toEqual([]);
});
