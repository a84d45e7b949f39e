import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

const derive = promisify(argon2);

/** The PHC string format, so that the parameters can be raised later without losing a password. */
const FORMAT = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** argon2id, off the main thread. The whole password counts, whatever its length and alphabet. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES);
  const tag = await derive("argon2id", { message: normalized(password), nonce, tagLength: TAG_BYTES, ...PARAMETERS });
  const { memory, passes, parallelism } = PARAMETERS;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

/** False for a wrong password and for a hash that cannot be read. */
export async function verifyPassword({ hash, password }: { hash: string; password: string }): Promise<boolean> {
  const [, memory, passes, parallelism, salt, expected] = FORMAT.exec(hash) ?? [];
  if (salt === undefined || expected === undefined) return false;
  const tag = Buffer.from(expected, "base64");
  const derived = await derive("argon2id", {
    message: normalized(password),
    nonce: Buffer.from(salt, "base64"),
    tagLength: tag.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  });
  return timingSafeEqual(derived, tag);
}

/** Keyboards differ in how they compose an accent; the same characters must give the same bytes (NIST SP 800-63B, 3.1.1.2). */
const normalized = (password: string): string => password.normalize("NFKC");

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
