import { z } from "zod";
import { ColumnName } from "./column-name.ts";

/** How many values an operator takes: `none`, `one`, or `some` (at least one). */
export const FILTER_OPERATORS = {
  equals: "one",
  not_equals: "one",
  less: "one",
  less_or_equal: "one",
  greater: "one",
  greater_or_equal: "one",
  in: "some",
  not_in: "some",
  contains: "one",
  starts_with: "one",
  ends_with: "one",
  is_null: "none",
  is_not_null: "none",
} as const satisfies Record<string, "none" | "one" | "some">;

export const FilterOperator = z.enum(Object.keys(FILTER_OPERATORS) as (keyof typeof FILTER_OPERATORS)[]);
export type FilterOperator = z.infer<typeof FilterOperator>;

/** A value as the source writes it: `2026-01-31`, `12.50`, `true`. The source reads it as its column's type. */
const FilterValue = z.string().max(10_000);

/**
 * One condition on a column of the source. `not_equals` and `not_in` hold for a row that has no value there, since no value is
 * not that value; the others do not. `contains`, `starts_with` and `ends_with` look at the value's text, case included.
 */
export const FilterCondition = z
  .strictObject({
    column: ColumnName,
    operator: FilterOperator,
    values: z.array(FilterValue).max(1000).default([]),
  })
  .superRefine(({ operator, values }, context) => {
    const wanted = FILTER_OPERATORS[operator];
    const fits = wanted === "none" ? values.length === 0 : wanted === "one" ? values.length === 1 : values.length > 0;
    if (fits) return;
    const message = { none: "takes no value", one: "takes one value", some: "takes at least one value" }[wanted];
    context.addIssue({ code: "custom", path: ["values"], message });
  });
export type FilterCondition = z.infer<typeof FilterCondition>;

const match = z.enum(["all", "any"]).default("all");

export const FilterGroup = z.strictObject({ match, conditions: z.array(FilterCondition).min(1).max(100) });
export type FilterGroup = z.infer<typeof FilterGroup>;

/** Which rows are read: those for which all, or any, of the conditions hold. A group among them counts as one condition. */
export const RowFilter = z.strictObject({
  match,
  conditions: z
    .array(z.union([FilterCondition, FilterGroup]))
    .min(1)
    .max(100),
});
export type RowFilter = z.infer<typeof RowFilter>;

/** The columns of the source that a filter looks at, each once, in its order. */
export const filterColumns = ({ conditions }: Pick<RowFilter, "conditions">): string[] => [
  ...new Set(
    conditions.flatMap((part) => ("conditions" in part ? part.conditions.map(({ column }) => column) : [part.column])),
  ),
];
