import { isPlainMapping, type Mapping, type RowFilter } from "@millrace/shared";
import { formatCount } from "../../lib/format.ts";

/** A mapping in one line: "3 columns with a setting of their own, 2 left out, rows are filtered". */
export function mappingWords(mapping: Mapping): string {
  if (isPlainMapping(mapping)) return "Every column and every row as it is";
  const { columns, rest, exclude, filter, query } = mapping;
  const parts = [
    query && "custom SQL",
    columns.length > 0 &&
      `${counted(columns.length, "column")} with a setting of ${columns.length === 1 ? "its" : "their"} own`,
    rest === "drop" ? "all others left out" : exclude.length > 0 && `${counted(exclude.length, "column")} left out`,
    filter &&
      `rows that meet ${conditionCount(filter) === 1 ? "a condition" : `${filter.match} of ${formatCount(conditionCount(filter))} conditions`}`,
  ].filter((part) => typeof part === "string");
  const line = parts.join(", ");
  return line.slice(0, 1).toUpperCase() + line.slice(1);
}

const counted = (count: number, what: string) => `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;

const conditionCount = ({ conditions }: RowFilter): number => conditions.length;
