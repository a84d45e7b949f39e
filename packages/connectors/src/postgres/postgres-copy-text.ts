/**
 * Values as COPY's text has them: fields between tabs, a row's end is a newline, a backslash before what would be taken for
 * either and before itself, `\N` for null. A server sends nothing else after a backslash than what stands here.
 * https://www.postgresql.org/docs/current/sql-copy.html
 */

export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const BACKSLASH = 0x5c;
export const NULL_LETTER = 0x4e;

const LETTERS: readonly (readonly [letter: string, value: number])[] = [
  ["b", 0x08],
  ["t", TAB],
  ["n", NEWLINE],
  ["v", 0x0b],
  ["f", 0x0c],
  ["r", 0x0d],
  ["\\", BACKSLASH],
];

/** By the byte after a backslash: the byte that is meant. What is not listed means itself. */
export const UNESCAPED = Uint8Array.from({ length: 256 }, (_byte, at) => at);
/** By the byte that is meant: what stands after a backslash in its place; 0 where none is needed. */
export const ESCAPED = new Uint8Array(256);

for (const [letter, value] of LETTERS) {
  UNESCAPED[letter.charCodeAt(0)] = value;
  ESCAPED[value] = letter.charCodeAt(0);
}

/** `\x` before the digits of a bytea, whose backslash is written out. */
export const HEX_PREFIX = Buffer.from("\\\\x");

const DIGITS = "0123456789abcdef";
/** By a byte: the two digits that stand for it. */
export const HIGH_DIGIT = Uint8Array.from({ length: 256 }, (_byte, at) => DIGITS.charCodeAt(at >> 4));
export const LOW_DIGIT = Uint8Array.from({ length: 256 }, (_byte, at) => DIGITS.charCodeAt(at & 15));
/** By a digit's letter: its value. */
export const DIGIT_VALUE = new Uint8Array(256);
for (const [value, letter] of Array.from(DIGITS).entries()) DIGIT_VALUE[letter.charCodeAt(0)] = value;
