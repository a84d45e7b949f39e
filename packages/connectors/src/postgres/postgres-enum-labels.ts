import type { SchemaChange } from "@millrace/shared";
import pg from "pg";
import type { PostgresTable, PostgresType } from "./postgres-catalog.ts";
import { type PresentType, typeKey } from "./postgres-user-types.ts";

/** Labels that the destination's enums need before the source's values can come in. */
export interface MissingLabels {
  /**
   * Executed before the transaction of the run, since a server takes no value with a label that its own transaction has made
   * (55P04). Again they do nothing, and a label too many does no harm, so a run that fails afterwards leaves them.
   */
  readonly statements: readonly string[];
  readonly changes: readonly SchemaChange[];
  /** The destination's types as they will be. */
  readonly types: ReadonlyMap<string, PresentType>;
}

export const noLabels = (types: ReadonlyMap<string, PresentType>): MissingLabels => ({
  statements: [],
  changes: [],
  types,
});

/** Of the enums that these columns are made of. A new label gets the place among its neighbours that it has at the source. */
export function missingLabels(
  table: PostgresTable,
  columns: readonly { readonly name: string }[],
  present: ReadonlyMap<string, PresentType>,
): MissingLabels {
  const types = new Map(present);
  const statements: string[] = [];
  const changes: SchemaChange[] = [];
  for (const { name } of columns) {
    for (const type of enumsWithin(table, table.columns.get(name)?.typeOid ?? "", new Set())) {
      const key = typeKey(type);
      const there = types.get(key);
      if (there?.kind !== "e") continue;
      let labels = there.labels;
      for (const [index, label] of type.labels.entries()) {
        if (labels.includes(label)) continue;
        const previous = type.labels[index - 1];
        const first = labels[0];
        const place =
          previous !== undefined
            ? ` after ${pg.escapeLiteral(previous)}`
            : first !== undefined
              ? ` before ${pg.escapeLiteral(first)}`
              : "";
        statements.push(`alter type ${there.sqlName} add value if not exists ${pg.escapeLiteral(label)}${place}`);
        changes.push({ side: "destination", kind: "label_added", column: name, before: null, after: label });
        labels = [...labels, label];
      }
      types.set(key, { ...there, labels });
    }
  }
  return { statements, changes, types };
}

/** An extension's enum belongs to the extension. */
function enumsWithin(table: PostgresTable, oid: string, seen: Set<string>): PostgresType[] {
  const type = table.types.get(oid);
  if (!type || seen.has(oid)) return [];
  seen.add(oid);
  const parts = [type.elementOid, type.domain?.baseOid, ...type.attributes.map(({ typeOid }) => typeOid)];
  const within = parts.flatMap((part) => (part == null ? [] : enumsWithin(table, part, seen)));
  return type.kind === "e" && type.extension === null ? [type, ...within] : within;
}
