import { describe, expect, it } from "vitest";
import { hashPassword, verifyPassword } from "./password-hash.ts";

// security.md S27
describe("a password's hash", () => {
  it("says how it was made and never twice the same", async () => {
    const [one, other] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(other);
  });

  it.each([
    ["the same password", "correct horse", "correct horse", true],
    ["another one", "correct horse", "correct horsf", false],
    ["128 characters that differ in the last", "x".repeat(127) + "a", "x".repeat(127) + "b", false],
    ["128 characters beyond ASCII", "ž".repeat(128), "ž".repeat(128), true],
    ["an accent that another keyboard composes differently", "caf\u00e9 au lait", "cafe\u0301 au lait", true],
    ["a NUL in the middle", "before\0after", "before\0later", false],
  ])("knows %s", async (_label, password, tried, isRight) => {
    expect(await verifyPassword({ hash: await hashPassword(password), password: tried })).toBe(isRight);
  });

  it.each(["", "plain", "$argon2id$v=19$m=1$x", "$2b$10$abcdefghijklmnopqrstuv"])(
    "that cannot be read fits nothing: %j",
    async (hash) => {
      expect(await verifyPassword({ hash, password: "correct horse" })).toBe(false);
    },
  );
});
