import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SecretBox, type SecretPlace } from "./secret-box.ts";

const box = new SecretBox(randomBytes(32).toString("base64"));
const place: SecretPlace = { organizationId: "o1", table: "data_sources", column: "secret", rowId: "r1" };
const unreadable = expect.objectContaining({ code: "SECRET_UNREADABLE" });

test("what was sealed is opened, whatever it holds, and never shows", () => {
  for (const secret of ["", "pa:ss@w/ord%", "žluťoučký 🔐", "x".repeat(10_000)]) {
    const sealed = box.seal(secret, place);
    expect(box.open(sealed, place)).toBe(secret);
    if (secret) expect(sealed).not.toContain(secret);
  }
});

test("two seals of one secret differ, and so do all nonces", () => {
  const nonces = new Set(
    Array.from({ length: 20_000 }, () =>
      Buffer.from(box.seal("s", place).split(".")[2] ?? "", "base64url").toString("hex", 0, 12),
    ),
  );
  expect(nonces.size).toBe(20_000);
});

test("a secret moved to another row, column, table or organization does not open", () => {
  const sealed = box.seal("s", place);
  for (const field of ["organizationId", "table", "column", "rowId"] as const) {
    expect(() => box.open(sealed, { ...place, [field]: "other" })).toThrow(unreadable);
  }
});

test("a secret with any bit flipped does not open", () => {
  const [version, keyId, body = ""] = box.seal("secret", place).split(".");
  const bytes = Buffer.from(body, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const altered = Buffer.from(bytes);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => box.open(`${version}.${keyId}.${altered.toString("base64url")}`, place)).toThrow(unreadable);
  }
});

test("texts that are no secrets do not open", () => {
  for (const text of ["", "v1", "v1..", `v1.${box.keyId}.AAAA`, `v2.${box.keyId}.${"A".repeat(60)}`]) {
    expect(() => box.open(text, place)).toThrow(unreadable);
  }
});

test("another key does not open it, and the same key always does", () => {
  const key = randomBytes(32).toString("hex");
  const sealed = new SecretBox(key).seal("s", place);
  expect(new SecretBox(key).open(sealed, place)).toBe("s");
  expect(() => box.open(sealed, place)).toThrow(unreadable);
});

describe("a key", () => {
  const refused = expect.objectContaining({ code: "CONFIGURATION_INVALID" });

  test("may be 32 bytes in hexadecimal or base64, or a text of 32 characters", () => {
    for (const key of [
      randomBytes(32).toString("hex"),
      randomBytes(32).toString("base64"),
      randomBytes(48).toString("base64url"),
      "correct horse battery staple, and more",
    ]) {
      expect(new SecretBox(key).keyId).toMatch(/^[0-9a-f]{8}$/);
    }
  });

  test("is refused when it is missing, short or of one letter, and is not repeated", () => {
    for (const key of [
      "",
      "canary",
      randomBytes(12).toString("hex"),
      "a".repeat(64),
      " ".repeat(64),
      "changeme".repeat(3),
    ]) {
      expect(() => new SecretBox(key)).toThrow(refused);
    }
    expect(() => new SecretBox("canary")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("canary") }),
    );
  });
});
