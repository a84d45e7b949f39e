import type { CompareTypes } from "@millrace/engine";
import { spellingOf, type TypeSpelling } from "./postgres-types.ts";

/** Of a column that may become the wider type without anybody who reads it being told another value. */
const WIDER: Record<string, readonly string[]> = {
  smallint: ["integer", "bigint", "numeric"],
  integer: ["bigint", "numeric"],
  bigint: ["numeric"],
  real: ["double precision"],
  "character varying": ["text"],
};

/** The most digits that an integer type has. */
const INTEGER_DIGITS: Record<string, number> = { smallint: 5, integer: 10, bigint: 19 };

/**
 * Whether the one type is the other with room for more. A date that becomes a timestamp is not: it means another thing. Nor is
 * an integer that becomes a text or a floating point number, since whoever calculates with it cannot go on.
 */
export const compareTypes: CompareTypes = (before, after) => {
  if (isWider(before, after)) return "widened";
  return isWider(after, before) ? "narrowed" : "changed";
};

function isWider(before: string, after: string): boolean {
  const from = spellingOf(before);
  const to = spellingOf(after);
  if (from.isArray || to.isArray) return false;
  if (from.base === to.base) return hasRoom(from, to);
  if (!WIDER[from.base]?.includes(to.base)) return false;
  const digits = INTEGER_DIGITS[from.base];
  return to.base !== "numeric" || digits === undefined || integerDigits(to) >= digits;
}

/** The same type with other modifiers; one without any has room for all. */
function hasRoom(from: TypeSpelling, to: TypeSpelling): boolean {
  if (to.modifiers.length === 0) return from.modifiers.length > 0 && from.base !== "bit" && from.base !== "character";
  if (from.modifiers.length === 0) return false;
  const [before = 0, scaleBefore = 0] = from.modifiers;
  const [after = 0, scaleAfter = 0] = to.modifiers;
  switch (from.base) {
    case "numeric":
      return scaleAfter >= scaleBefore && integerDigits(to) >= integerDigits(from) && after > before;
    case "character varying":
    case "bit varying":
    case "time without time zone":
    case "time with time zone":
    case "timestamp without time zone":
    case "timestamp with time zone":
      return after > before;
    default:
      return false;
  }
}

/** Infinite for a numeric without a precision. */
function integerDigits({ modifiers }: TypeSpelling): number {
  const [precision, scale = 0] = modifiers;
  return precision === undefined ? Number.POSITIVE_INFINITY : precision - scale;
}
