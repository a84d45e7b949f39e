import { AppError } from "@millrace/shared";
import pg from "pg";
import type { PostgresTable, PostgresType } from "./postgres-catalog.ts";
import { quoteIdentifier } from "./postgres-identifiers.ts";
import type { PostgresSurvey } from "./postgres-survey.ts";
import { unsupportedReason } from "./postgres-types.ts";

/** A type as the destination has it. */
export interface PresentType {
  readonly sqlName: string;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly attributes: readonly { name: string; type: string }[];
}

/** What identifies a type on another server: its extension where it has one, since that may live in any schema there. */
export const typeKey = (type: Pick<PostgresType, "schema" | "name" | "extension">): string =>
  JSON.stringify([type.extension === null ? type.schema : `extension ${type.extension}`, type.name]);

/** The types of a table that a server does not have by itself. Arrays and multiranges come with what they are made of. */
export const userTypes = (table: PostgresTable): PostgresType[] =>
  [...table.types.values()].filter((type) => !type.isBuiltIn && type.elementOid === null && type.kind !== "m");

/** Spells a type as the destination does: an extension's type may live in another schema there. */
export type SpellType = (type: string) => string;

export function spellerFor(table: PostgresTable, present: ReadonlyMap<string, PresentType>): SpellType {
  const renamed = userTypes(table).flatMap((type) => {
    const there = present.get(typeKey(type));
    return there && there.sqlName !== type.sqlName ? [[type.sqlName, there.sqlName] as const] : [];
  });
  return (type) => {
    const [from, to] =
      renamed.find(([name]) => type === name || type.startsWith(`${name}(`) || type.startsWith(`${name}[`)) ?? [];
    return from === undefined || to === undefined ? type : to + type.slice(from.length);
  };
}

export interface MissingTypes {
  readonly schemas: readonly string[];
  /** `create type` and `create domain` in an order in which each finds what it is made of. */
  readonly statements: readonly string[];
}

/**
 * What the destination needs before it can have a column of these types. Throws `TYPE_UNAVAILABLE` for an extension's type,
 * `TYPE_UNSUPPORTED` for what cannot travel, `TYPE_MISMATCH` where a type of that name is another one there.
 */
export function missingTypes(
  table: PostgresTable,
  columns: readonly { name: string }[],
  { types: present, lacking }: Pick<PostgresSurvey, "types" | "lacking">,
): MissingTypes {
  const spell = spellerFor(table, present);
  const schemas = new Set<string>();
  const statements: string[] = [];
  const seen = new Set<string>();

  const visit = (oid: string, column: string): void => {
    const type = table.types.get(oid);
    if (!type || seen.has(oid)) return;
    seen.add(oid);
    const reason = unsupportedReason(type);
    if (reason !== null)
      throw new AppError("TYPE_UNSUPPORTED", { params: { column, type: type.sqlName, reason, side: "source" } });
    if (type.elementOid !== null) visit(type.elementOid, column);
    if (type.domain) visit(type.domain.baseOid, column);
    for (const attribute of type.attributes) visit(attribute.typeOid, column);
    if (type.range) {
      visit(type.range.subtypeOid, column);
      visit(type.range.rangeOid, column);
    }
    if (type.isBuiltIn || type.elementOid !== null || type.kind === "m") return;
    const there = present.get(typeKey(type));
    if (there) assertSameType(type, there, column, spell);
    else {
      assertRulesHold(type, column, lacking);
      schemas.add(type.schema);
      statements.push(createType(type, column, spell));
    }
  };
  for (const { name } of columns) visit(table.columns.get(name)?.typeOid ?? "", name);
  return { schemas: [...schemas], statements };
}

function assertSameType(type: PostgresType, there: PresentType, column: string, spell: SpellType): void {
  const isSame =
    type.kind === there.kind &&
    // More labels at the destination do no harm: every value of the source finds its own.
    type.labels.every((label) => there.labels.includes(label)) &&
    type.attributes.length === there.attributes.length &&
    type.attributes.every(
      (attribute, index) =>
        attribute.name === there.attributes[index]?.name && spell(attribute.type) === there.attributes[index]?.type,
    );
  if (isSame) return;
  throw new AppError("TYPE_MISMATCH", {
    params: { column, sourceType: type.sqlName, destinationType: `${there.sqlName} (defined otherwise there)` },
  });
}

function assertRulesHold({ sqlName, domain }: PostgresType, column: string, lacking: ReadonlySet<string>): void {
  const missing = domain?.needs.map(({ kind, identity }) => `${kind} ${identity}`).find((need) => lacking.has(need));
  if (missing === undefined) return;
  const reason = `Its rules need the ${missing}, which the destination lacks: create that or the domain there first.`;
  throw new AppError("TYPE_UNSUPPORTED", { params: { column, type: sqlName, reason, side: "source" } });
}

function createType(type: PostgresType, column: string, spell: SpellType): string {
  const { sqlName, extension, kind, domain, range } = type;
  if (extension !== null) throw new AppError("TYPE_UNAVAILABLE", { params: { type: sqlName, column, extension } });
  switch (kind) {
    case "e":
      return `create type ${sqlName} as enum (${type.labels.map((label) => pg.escapeLiteral(label)).join(", ")})`;
    case "c":
      return `create type ${sqlName} as (${type.attributes
        .map((attribute) => `${quoteIdentifier(attribute.name)} ${spell(attribute.type)}`)
        .join(", ")})`;
    case "d":
      return [
        `create domain ${sqlName} as ${spell(domain?.base ?? "")}`,
        ...(domain?.default == null ? [] : [`default ${domain.default}`]),
        ...(domain?.isNotNull ? ["not null"] : []),
        ...(domain?.checks ?? []),
      ].join(" ");
    case "r":
      return `create type ${sqlName} as range (subtype = ${spell(range?.subtype ?? "")})`;
    default:
      throw new AppError("TYPE_UNSUPPORTED", {
        params: { column, type: sqlName, reason: "It is a base type of its own server, written in C.", side: "source" },
      });
  }
}
