import { BATCHES, type ColumnMapping, type TableDescription } from "@millrace/engine";
import { detailOf } from "./postgres-catalog.ts";
import { travelsInBinary } from "./postgres-types.ts";

/** The protocol's CopyData messages of `copy … (format binary)` and `copy … (format text)`. */
export const PG_BINARY = "pg-binary";
const PG_TEXT = "pg-text";

/** See `SourceSide.emits`. Of some types the binary form means nothing on another server. */
export function emits(description: TableDescription, columns: readonly ColumnMapping[]): readonly string[] {
  const table = detailOf(description);
  const isBinary = columns.every(
    // What is cast arrives as a built-in type, and all those that a cast leads to travel in binary.
    ({ name, isCast }) => isCast || travelsInBinary(table, table.columns.get(name)?.typeOid ?? ""),
  );
  return isBinary ? [PG_BINARY, PG_TEXT, BATCHES] : [PG_TEXT, BATCHES];
}

export const TAKES: readonly string[] = [PG_BINARY, PG_TEXT, BATCHES];

/** What COPY is told. Batches are made of its text. */
export const copyFormat = (wireFormat: string): "binary" | "text" => (wireFormat === PG_BINARY ? "binary" : "text");
