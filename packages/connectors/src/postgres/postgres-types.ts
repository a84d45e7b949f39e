import type { PostgresTable, PostgresType } from "./postgres-catalog.ts";

/** A type's spelling taken apart: `timestamp(3) without time zone[]` has base, modifiers and array depth. */
export interface TypeSpelling {
  readonly base: string;
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

export function spellingOf(type: string): TypeSpelling {
  const match = /^(.*?)(?:\((-?\d+(?:,-?\d+)*)\))?( with(?:out)? time zone)?(\[\])?$/s.exec(type);
  const [, base = type, modifiers, zone = "", brackets] = match ?? [];
  return { base: base + zone, modifiers: modifiers?.split(",").map(Number) ?? [], isArray: brackets !== undefined };
}

/** How a column gets from its type to the destination's. `none`: the same bytes; `cast`: in the source's query. */
export type Conversion = "none" | "cast" | "impossible";

/** What widens into what without losing a value. From PostgreSQL's own implicit casts, less those that round. */
const WIDENS: Record<string, readonly string[]> = {
  smallint: ["integer", "bigint", "numeric", "real", "double precision"],
  integer: ["bigint", "numeric", "double precision"],
  bigint: ["numeric"],
  real: ["double precision"],
  date: ["timestamp without time zone"],
  character: ["character varying", "text"],
  jsonb: ["json"],
  cidr: ["inet"],
};

/** Types whose binary form and meaning are the same. */
const TEXTS = new Set(["text", "character varying", "name"]);

/** The most digits that an integer type has. */
const INTEGER_DIGITS: Record<string, number> = { smallint: 5, integer: 10, bigint: 19 };

/**
 * Whether every value of `source` can become a value of `destination` unchanged. A conversion that could round, cut or
 * shift a value silently is impossible; one that a server refuses loudly (a text too long for `varchar(10)`) is not.
 */
export function conversionBetween(source: string, destination: string): Conversion {
  if (source === destination) return "none";
  const from = spellingOf(source);
  const to = spellingOf(destination);
  if (TEXTS.has(to.base) && to.base !== "name" && !to.isArray) {
    return TEXTS.has(from.base) && from.base !== "name" && !from.isArray ? "none" : "cast";
  }
  if (from.isArray || to.isArray) return "impossible";
  if (from.base === to.base) {
    if (!widensModifiers(from, to)) return "impossible";
    // 1.5 is not the text that 1.50 is, and between versions it is texts that are compared.
    return from.base === "numeric" && to.modifiers.length > 0 ? "cast" : "none";
  }
  if (!WIDENS[from.base]?.includes(to.base)) return "impossible";
  const [precision, scale = 0] = to.modifiers;
  const digits = INTEGER_DIGITS[from.base];
  if (to.base === "numeric" && precision !== undefined && digits !== undefined && precision - scale < digits) {
    return "impossible";
  }
  return "cast";
}

/** The same type with other modifiers: lengths and precisions may grow. */
function widensModifiers(from: TypeSpelling, to: TypeSpelling): boolean {
  switch (from.base) {
    case "numeric": {
      const [toPrecision, toScale = 0] = to.modifiers;
      if (toPrecision === undefined) return true;
      const [precision, scale = 0] = from.modifiers;
      return precision !== undefined && toScale >= scale && toPrecision - toScale >= precision - scale;
    }
    case "bit varying":
    case "time without time zone":
    case "time with time zone":
    case "timestamp without time zone":
    case "timestamp with time zone":
      return to.modifiers[0] === undefined || (from.modifiers[0] !== undefined && from.modifiers[0] <= to.modifiers[0]);
    default:
      return false;
  }
}

/** The type under a domain, however many stand on each other, with its modifiers; the type itself otherwise. */
export function baseTypeOf(table: PostgresTable, type: string, typeOid: string): { type: string; typeOid: string } {
  const domain = table.types.get(typeOid)?.domain;
  return domain ? baseTypeOf(table, domain.base, domain.baseOid) : { type, typeOid };
}

/** Types with an oid inside their binary form that differs between servers, or that name objects by oid. */
const BY_OID = /^(?:reg\w+|oidvector|record)$/;

/** Whether the type's binary form means the same on another server. */
export function travelsInBinary(table: PostgresTable, typeOid: string): boolean {
  const type = table.types.get(typeOid);
  if (!type || !type.isBinary || BY_OID.test(type.name)) return false;
  if (type.elementOid !== null) return isBuiltIn(table, type.elementOid) && travelsInBinary(table, type.elementOid);
  if (type.domain) return travelsInBinary(table, type.domain.baseOid);
  if (type.range) return travelsInBinary(table, type.range.subtypeOid);
  return type.attributes.every(({ typeOid: oid }) => isBuiltIn(table, oid) && travelsInBinary(table, oid));
}

const isBuiltIn = (table: PostgresTable, oid: string) => table.types.get(oid)?.isBuiltIn === true;

/**
 * Whether `hash_record_extended` hashes a value of the type, and alike on every server of one major version (PostgreSQL,
 * typcache.c: what has a hash operator class). Not an enum: what is hashed of it is its label's oid, each database's own.
 */
export function isHashable(table: PostgresTable, typeOid: string): boolean {
  const type = table.types.get(typeOid);
  if (!type) return false;
  if (type.elementOid !== null) return isHashable(table, type.elementOid);
  if (type.domain) return isHashable(table, type.domain.baseOid);
  if (type.range) return isHashable(table, type.range.subtypeOid);
  if (type.kind === "c") return type.attributes.every(({ typeOid: oid }) => isHashable(table, oid));
  // varchar has no operator class of its own: it is text to the hash.
  return type.hasHash || type.sqlName === "character varying";
}

/** The seeded function of the server that hashes the type's values directly, or null where there is none. */
export function hashFunctionOf(table: PostgresTable, typeOid: string): string | null {
  const type = table.types.get(typeOid);
  if (!type) return null;
  if (type.domain) return hashFunctionOf(table, type.domain.baseOid);
  return type.sqlName === "character varying" ? "hashtextextended" : type.hashFunction;
}

/** Of these there is no input function, or their values are addresses inside one server. */
const LOCAL = new Set(["pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_ddl_command", "aclitem"]);

/** Why values of the type cannot be moved to another server, or null when they can. */
export function unsupportedReason(type: PostgresType): string | null {
  if (type.kind === "p") return "Pseudo-types have no values that a table could take.";
  if (type.isBuiltIn && LOCAL.has(type.name)) {
    return "It describes objects inside its own server, which mean nothing elsewhere: leave the column out by a view.";
  }
  if (type.isBuiltIn && type.name === "oid") {
    return "An oid may stand for a large object, which does not travel with the table: read it as bigint through a view.";
  }
  return null;
}
