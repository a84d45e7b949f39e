import type { ColumnTransform, MappedColumn, Mapping } from "@millrace/shared";

/** A line of the editor: what becomes of one column, or a constant. */
export interface MappingLine {
  /** The source's column; null for a constant. */
  readonly source: string | null;
  /** Where it stands in `mapping.columns`; null for a column without a setting of its own. */
  readonly index: number | null;
  readonly isIncluded: boolean;
  readonly name: string;
  readonly transform: ColumnTransform;
}

const KEEP: ColumnTransform = { kind: "keep" };

/** One line for each column of the source, more where it arrives more than once, and last what comes of no column that is there. */
export function linesOf(mapping: Mapping, columns: readonly string[]): MappingLine[] {
  const known = new Set(columns);
  const own = mapping.columns.map((column, index): MappingLine => ({ ...column, index, isIncluded: true }));
  return [
    ...columns.flatMap((source): MappingLine[] => {
      const lines = own.filter((line) => line.source === source);
      if (lines.length > 0) return lines;
      const isIncluded = mapping.rest === "keep" && !mapping.exclude.includes(source);
      return [{ source, index: null, isIncluded, name: source, transform: KEEP }];
    }),
    ...own.filter(({ source }) => source === null || !known.has(source)),
  ];
}

/** Takes a column along, or leaves it out together with all that was set for it. */
export function withIncluded(mapping: Mapping, line: MappingLine, isIncluded: boolean): Mapping {
  const { source } = line;
  if (source === null) return without(mapping, line);
  const columns = mapping.columns.filter((column) => column.source !== source);
  const exclude = mapping.exclude.filter((name) => name !== source);
  if (mapping.rest === "keep") {
    return isIncluded ? { ...mapping, exclude } : { ...mapping, columns, exclude: [...exclude, source] };
  }
  return { ...mapping, columns: isIncluded ? [...mapping.columns, kept(source)] : columns };
}

const kept = (source: string): MappedColumn => ({ source, name: source, transform: KEEP });

/** Changes a line; one that says again what would be without it goes. */
export function withLine(
  mapping: Mapping,
  line: MappingLine,
  change: Partial<Pick<MappedColumn, "name" | "transform">>,
): Mapping {
  const { source, index } = line;
  const column: MappedColumn = { source, name: line.name, transform: line.transform, ...change };
  const isPlain = source !== null && column.name === source && column.transform.kind === "keep";
  const others = mapping.columns.filter((each, at) => each.source === source && at !== index);
  if (isPlain && mapping.rest === "keep" && others.length === 0)
    return index === null ? mapping : without(mapping, line);
  if (index === null) return { ...mapping, columns: [...mapping.columns, column] };
  return { ...mapping, columns: mapping.columns.map((each, at) => (at === index ? column : each)) };
}

export const without = (mapping: Mapping, { index }: MappingLine): Mapping => ({
  ...mapping,
  columns: mapping.columns.filter((_, at) => at !== index),
});

export const withConstant = (mapping: Mapping): Mapping => ({
  ...mapping,
  columns: [
    ...mapping.columns,
    { source: null, name: freeName(mapping), transform: { kind: "constant", value: "", type: "text" } },
  ],
});

function freeName({ columns }: Mapping): string {
  const taken = new Set(columns.map(({ name }) => name));
  for (let count = 1; ; count++) {
    const name = count === 1 ? "constant" : `constant_${count}`;
    if (!taken.has(name)) return name;
  }
}

/** What a column can become, by the words of the editor. */
export const TRANSFORM_WORDS: Readonly<Record<ColumnTransform["kind"], string>> = {
  keep: "Keep as it is",
  cast: "Cast to a type",
  hash: "Hash (SHA-256)",
  partial: "Mask: show first and last",
  redact: "Mask: a fixed text",
  hmac: "Mask: HMAC under the mask key",
  constant: "Constant",
};

/** A transform of the kind, with the options that it begins with. */
export function newTransform(kind: ColumnTransform["kind"]): ColumnTransform {
  switch (kind) {
    case "cast":
      return { kind, type: "text" };
    case "constant":
      return { kind, value: "", type: "text" };
    case "partial":
      return { kind, first: 1, last: 1 };
    case "redact":
      return { kind, text: "[redacted]" };
    case "keep":
    case "hash":
    case "hmac":
      return { kind };
  }
}
