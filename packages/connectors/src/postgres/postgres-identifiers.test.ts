import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testSessions } from "../testing/test-sessions.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";

const { open } = testSessions();

const PIECES = [
  '"',
  '""',
  "'",
  ";",
  "--",
  "/*",
  "\\",
  "\n",
  "\r",
  "\t",
  ".",
  " ",
  "$$",
  "a",
  "Z",
  "ž",
  "漢",
  "🐘",
  "`",
];

/** Numbers from 0 to below 1 that are the same for the same seed, so that a failure can be run again. */
function* randomNumbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function randomIdentifiers(count: number, seed: number, maxBytes: number): string[] {
  const numbers = randomNumbers(seed);
  const next = (below: number) => Math.floor(numbers.next().value * below);
  const character = (): string => {
    if (next(2) === 0) return PIECES[next(PIECES.length)] ?? "";
    const code = 1 + next(0x10_ff_ff);
    // Halves of a surrogate pair are no characters by themselves.
    return code >= 0xd8_00 && code <= 0xdf_ff ? "?" : String.fromCodePoint(code);
  };
  return Array.from({ length: count }, () => {
    let name = character();
    for (let length = next(30); length > 0; length -= 1) {
      const longer = name + character();
      if (Buffer.byteLength(longer) > maxBytes) break;
      name = longer;
    }
    return name;
  });
}

describe("a quoted identifier", () => {
  const seed = randomBytes(4).readUInt32BE();

  it(`is read back by the server for 10,000 random names (seed ${seed})`, async () => {
    const session = await open();
    const names = randomIdentifiers(10_000, seed, 400);
    const wrong = await session.query(
      `select name from unnest($1::text[], $2::text[]) as given(name, quoted)
        where parse_ident(quoted, true) is distinct from array[name]`,
      [names, names.map(quoteIdentifier)],
    );
    expect(wrong).toEqual([]);
  });

  it(`makes and drops tables of hostile names and touches no other (seed ${seed})`, async () => {
    const session = await open();
    await session.query("create table public.bystander as select 1 as id");
    const names = [
      'x"; drop table public.bystander; --',
      "x'; drop table public.bystander; --",
      "__proto__",
      "select",
      "á".repeat(31),
      "x".repeat(63),
      ...randomIdentifiers(50, seed, 63),
    ];
    for (const name of new Set(names)) {
      const table = quoteTable({ schema: "public", name });
      await session.query(`create table ${table} (${quoteIdentifier(name)} int)`);
      const [found] = await session.query(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum = 1 where c.oid = to_regclass($1)",
        [table],
      );
      expect(found).toEqual({ relname: name, attname: name });
      await session.query(`drop table ${table}`);
    }
    expect(await session.query("select id from public.bystander")).toEqual([{ id: 1 }]);
  });

  it.each(["", "\0", "a\0b", 'a"; drop table x; --\0'])("refuses %j, which names nothing", (name) => {
    expect(() => quoteIdentifier(name)).toThrow(expect.objectContaining({ code: "TABLE_NAME_INVALID" }));
  });
});
