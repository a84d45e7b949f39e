import { type ColumnTransform, filterColumns, isPlainMapping, Mapping, type MappedColumn } from "@millrace/shared";

const DONE: Record<Exclude<ColumnTransform["kind"], "keep" | "cast" | "constant">, string> = {
  hash: "hashed",
  partial: "masked in part",
  redact: "redacted",
  hmac: "masked by HMAC",
};

const AS_IT_IS = "Every column and row as it is";

/** What a mapping makes of the source's columns and rows, in one line: names of columns, and never a value. */
export function mappingWords(mapping: Mapping): string {
  if (isPlainMapping(mapping)) return AS_IT_IS;
  const { columns, rest, exclude, filter, query } = mapping;
  const words = [
    query === null ? [] : "Custom SQL in place of the table",
    columns.flatMap(columnWords),
    rest === "drop" ? "no other columns" : exclude.length === 0 ? [] : `without ${exclude.join(", ")}`,
    filter === null ? [] : `only rows by ${filterColumns(filter).join(", ")}`,
  ]
    .flat()
    .join("; ");
  return words === "" ? AS_IT_IS : words;
}

/** Null for what is no mapping. */
export function storedMapping(value: unknown): string | null {
  const parsed = Mapping.safeParse(value);
  return parsed.success ? mappingWords(parsed.data) : null;
}

function columnWords({ source, name, transform }: MappedColumn): string[] {
  const renamed = source === null || source === name ? "" : ` as ${name}`;
  switch (transform.kind) {
    case "keep":
      return renamed === "" ? [] : [`${source}${renamed}`];
    case "cast":
      return [`${source}${renamed} into ${transform.type}`];
    case "constant":
      return [`${name} is a constant`];
    case "hash":
    case "partial":
    case "redact":
    case "hmac":
      return [`${source}${renamed} ${DONE[transform.kind]}`];
  }
}
