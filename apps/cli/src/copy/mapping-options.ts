import { readFileSync } from "node:fs";
import {
  AppError,
  type ColumnTransform,
  type FilterCondition,
  type FilterOperator,
  isPlainMapping,
  type MappedColumn,
  Mapping,
  MaskKey,
  needsMaskKey,
} from "@millrace/shared";
import type { RunMapping } from "@millrace/engine";

/** What `copy` is asked to make of the columns and rows, as it was typed. */
export interface MappingOptions {
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
  readonly rename?: readonly string[];
  readonly mask?: readonly string[];
  readonly maskKeyFile?: string;
  readonly where?: readonly string[];
  readonly queryFile?: string;
}

const MASKS = { partial: "partial", redact: "redact", hash: "hash", hmac: "hmac" } as const satisfies Record<
  string,
  ColumnTransform["kind"]
>;

/** The words of `--where`, the longer ones first where one begins like another. */
const OPERATORS: readonly (readonly [string, FilterOperator])[] = [
  ["!=", "not_equals"],
  ["<=", "less_or_equal"],
  [">=", "greater_or_equal"],
  ["=", "equals"],
  ["<", "less"],
  [">", "greater"],
  ["not-in", "not_in"],
  ["in", "in"],
  ["contains", "contains"],
  ["starts-with", "starts_with"],
  ["ends-with", "ends_with"],
  ["is-not-null", "is_not_null"],
  ["is-null", "is_null"],
];
const CONDITION = new RegExp(`^(.+?)\\s+(${OPERATORS.map(([word]) => word).join("|")})(?:\\s+(.*))?$`, "s");

/** Undefined where everything arrives as it is. Reads the files that are named. Throws `VALIDATION_FAILED`. */
export function mappingOf(options: MappingOptions): RunMapping | undefined {
  const { columns, exclude = [], where = [], queryFile, maskKeyFile } = options;
  const parsed = Mapping.safeParse({
    columns: mappedColumns(options),
    rest: columns === undefined ? "keep" : "drop",
    exclude,
    filter: where.length === 0 ? null : { match: "all", conditions: where.map(condition) },
    query: queryFile === undefined ? null : { sql: textOf("--query-file", queryFile) },
  });
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? "the mapping is not valid");
  const mapping = parsed.data;
  const maskKey = maskKeyFile === undefined ? null : readKey(maskKeyFile);
  if (maskKey !== null && !needsMaskKey(mapping))
    throw invalid("--mask-key-file is only possible with --mask column=hmac");
  return isPlainMapping(mapping) ? undefined : { mapping, maskKey };
}

function mappedColumns({ columns, exclude = [], rename = [], mask = [] }: MappingOptions): MappedColumn[] {
  const names = pairs("--rename", "old=new", rename);
  const masks = pairs("--mask", `column=${Object.keys(MASKS).join("|")}`, mask);
  const spoken = [...new Set([...(columns ?? []), ...names.keys(), ...masks.keys()])];
  const lost = spoken.find((name) => exclude.includes(name) || (columns !== undefined && !columns.includes(name)));
  if (lost !== undefined)
    throw invalid(`the column ${lost} is renamed or masked, and is not among those that are copied`);
  return spoken.map((source) => ({
    source,
    name: names.get(source) ?? source,
    transform: transformOf(masks.get(source)),
  }));
}

function transformOf(word: string | undefined): ColumnTransform {
  if (word === undefined) return { kind: "keep" };
  switch (word) {
    case "partial":
      return { kind: "partial", first: 1, last: 1 };
    case "redact":
      return { kind: "redact", text: "[redacted]" };
    case "hash":
    case "hmac":
      return { kind: word };
    default:
      throw invalid(`--mask takes ${Object.keys(MASKS).join(", ")}, and no other word behind the equals sign`);
  }
}

/** By the last equals sign, since a column's name may hold one as well. */
function pairs(option: string, shape: string, texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf("=");
      if (at < 1 || at === text.length - 1) throw invalid(`${option} takes ${shape}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function condition(text: string): FilterCondition {
  const [, column, word, value] = CONDITION.exec(text) ?? [];
  const operator = OPERATORS.find(([each]) => each === word)?.[1];
  if (column === undefined || operator === undefined) {
    throw invalid(`--where takes 'column operator value', with one of ${OPERATORS.map(([each]) => each).join(" ")}`);
  }
  const isList = operator === "in" || operator === "not_in";
  const values = value === undefined ? [] : isList ? value.split(",") : [value];
  return { column, operator, values };
}

function readKey(path: string): string {
  const parsed = MaskKey.safeParse(textOf("--mask-key-file", path).trim());
  if (!parsed.success) throw invalid(`the mask key ${parsed.error.issues[0]?.message ?? "is not valid"}`);
  return parsed.data;
}

function textOf(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("VALIDATION_FAILED", { params: { issue: `the file of ${option} cannot be read` }, cause });
  }
}

const invalid = (issue: string): AppError => new AppError("VALIDATION_FAILED", { params: { issue } });
