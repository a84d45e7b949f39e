import { randomUUID } from "node:crypto";
import type { Side } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import { type Harness, type PortableRow, SECRET } from "../../conformance/harness.ts";
import { memoryConnector } from "../memory-connector.ts";
import { createMemoryDatabase, dropMemoryDatabase, type MemoryDatabase } from "../memory-database.ts";
import { MEMORY_TYPES, type MemoryType } from "../memory-types.ts";

/** What is hard to carry of each type. */
const VALUES: Readonly<Record<MemoryType, readonly string[]>> = {
  boolean: ["t", "f"],
  integer: ["-9223372036854775808", "9223372036854775807", "9007199254740993", "0"],
  decimal: ["0.00", "1.50", "-0.0001", "NaN", "Infinity", "9".repeat(1000)],
  float: ["0.1", "-0", "4.9e-324", "1.7976931348623157e308", "NaN", "-Infinity"],
  text: ["", " ", "\\N", "a\tb\nc\rd", "\u{1F600} e\u0301", "null", "long ".repeat(200_000)],
  json: ['{"b":1, "a" : 2,"b":3}', "null", "12345678901234567890.10", " [1,  2] "],
  bytes: ["", "00ff5c0a0d", "00ff".repeat(100_000)],
  date: ["infinity", "4713-01-01 BC", "1582-10-10", "5874897-12-31"],
  time: ["24:00:00", "00:00:00.000001"],
  timestamp: ["-infinity", "294276-12-31 23:59:59.999999", "1900-01-01 00:00:00.000001"],
  timestamptz: ["infinity", "2024-03-31 02:30:00+02", "4713-01-01 12:00:00+00 BC"],
  uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
};

/** Two databases of their own. */
export function memoryHarness(): Harness {
  const name = randomUUID();
  const names: Record<Side, string> = { source: `${name}-source`, destination: `${name}-destination` };
  const ends: Record<Side, MemoryDatabase> = {
    source: createMemoryDatabase(names.source),
    destination: createMemoryDatabase(names.destination),
  };
  const place = (side: Side, table: TableName, column: string) =>
    ends[side].table(table)?.columns.findIndex(({ name: known }) => known === column) ?? -1;
  return {
    title: "Memory",
    connector: memoryConnector,
    unreadableUrl: `memory://user:${SECRET}@host/`,
    url: async () => `memory://${names.source}`,
    open: (side, signal = new AbortController().signal) =>
      memoryConnector.open({ database: names[side] }, { side, signal }),
    create: async (side, { name: table, columns, primaryKey, rows }) =>
      ends[side].put(table, { columns, primaryKey, rows: rows.map((row) => inOrderOf(columns, row)) }),
    insert: async (side, { name: table }, rows) => {
      const found = ends[side].table(table);
      if (found) ends[side].put(table, { ...found, rows: [...found.rows, ...rows] });
    },
    multiply: async (side, table, times) => {
      const found = ends[side].table(table);
      if (found) ends[side].put(table, { ...found, rows: Array.from({ length: times }, () => found.rows).flat() });
    },
    remove: async (side, table, id) => {
      const found = ends[side].table(table);
      const at = place(side, table, "id");
      if (found) ends[side].put(table, { ...found, rows: found.rows.filter((row) => row[at] !== id) });
    },
    rows: async (side, table, columns) => {
      const places = columns.map((column) => place(side, table, column));
      return ends[side].table(table)?.rows.map((row) => places.map((at) => row[at] ?? null)) ?? null;
    },
    tables: async (side) => [...ends[side].tables.keys()],
    disconnect: async (side) => ends[side].disconnect(),
    types: MEMORY_TYPES,
    createTypes: async (table, types) => {
      const chosen = MEMORY_TYPES.filter((type) => types.includes(type));
      const count = Math.max(...chosen.map((type) => VALUES[type].length)) + 1;
      ends.source.put(table, {
        columns: [
          { name: "id", type: "integer", isNullable: false },
          ...chosen.map((type) => ({ name: type, type, isNullable: true })),
        ],
        primaryKey: ["id"],
        rows: Array.from({ length: count }, (_row, index) => [
          String(index),
          ...chosen.map((type) => VALUES[type][index] ?? null),
        ]),
      });
    },
    close: async () => {
      dropMemoryDatabase(names.source);
      dropMemoryDatabase(names.destination);
    },
  };
}

/** A row of the suite is in the order of its columns already. */
const inOrderOf = (columns: readonly unknown[], row: PortableRow): PortableRow =>
  columns.map((_column, at) => row[at] ?? null);
