/** Names that broke somebody's SQL, and as many more as a seed gives. PostgreSQL takes any text of 1 to 63 bytes without NUL. */

const MAX_BYTES = 63;

export const HOSTILE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "select",
  "user",
  "Order",
  "order",
  "ORDER",
  " ",
  " leading and trailing ",
  "a.b",
  'quo"te',
  '""',
  "it's",
  "\\",
  "$1",
  "%s",
  ":name",
  "--",
  "/* comment",
  "new\nline",
  "tab\tand\rreturn",
  '"; drop table victims; --',
  "žluťoučký kůň",
  "表",
  "\u{1F600}",
  "e\u0301",
  "\u202Ereversed",
  "*",
  "public.*",
  "a,b",
  "(x)",
  "a[1]",
  "x(3)",
  "[]",
  "oid",
  "x".repeat(MAX_BYTES),
  `${"y".repeat(MAX_BYTES - 2)}é`,
];

const PIECES = [
  ...Array.from("abcXYZ019_ .,;:'\"\\/`´$%&*()[]{}<>|?!#@~^+-=\n\r\t\u0001\u007F"),
  "é",
  "ß",
  "表",
  "\u{1F680}",
  "--",
  "/*",
  "*/",
  "$$",
  '""',
];

/** The same names for the same seed; each is a legal identifier of 1 to 63 bytes, none occurs twice. */
export function randomNames(seed: number, count: number): string[] {
  const random = mulberry32(seed);
  const names = new Set<string>();
  while (names.size < count) {
    let name = "";
    const pieceCount = 1 + Math.floor(random() * 30);
    for (let at = 0; at < pieceCount; at++) {
      const longer = name + PIECES[Math.floor(random() * PIECES.length)];
      if (Buffer.byteLength(longer) <= MAX_BYTES) name = longer;
    }
    names.add(name);
  }
  return [...names];
}

/** https://github.com/cprosche/mulberry32: small, seeded, good enough to pick from a list. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
