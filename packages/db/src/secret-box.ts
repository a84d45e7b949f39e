import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { AppError } from "@millrace/shared";

/** Where a secret lives. It is authenticated with the ciphertext, so a secret that is moved elsewhere does not open. */
export interface SecretPlace {
  readonly organizationId: string;
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
}

/** 96 bits, random for each secret (NIST SP 800-38D, 8.2.2: fewer than 2^32 under one key, which a store never reaches). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Text keys shorter than this are refused. */
const MIN_KEY_LENGTH = 32;
/** 32 random bytes in hexadecimal have fewer different characters once in 10^19; "changeme…" has seven. */
const MIN_DIFFERENT_CHARACTERS = 8;

/**
 * Encrypts what is written and never shown: AES-256-GCM with the place as associated data. The text form is
 * `v1.<key id>.<nonce, ciphertext and tag in base64url>`; the key id tells under which key a secret was sealed.
 */
export class SecretBox {
  readonly #key: Buffer;
  /** Eight hexadecimal digits, derived from the key and telling nothing of it. */
  readonly keyId: string;

  /** `secretKey`: 32 bytes or more as hexadecimal or base64, or any text of 32 characters or more. Throws `CONFIGURATION_INVALID`. */
  constructor(secretKey: string) {
    const material = keyMaterial(secretKey);
    this.#key = derive(material, "millrace secret box v1", KEY_BYTES);
    this.keyId = derive(material, "millrace secret box key id v1", 4).toString("hex");
  }

  /** Two seals of one text differ. */
  seal(plaintext: string, place: SecretPlace): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    cipher.setAAD(associatedData(place));
    const sealed = Buffer.concat([nonce, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1.${this.keyId}.${sealed.toString("base64url")}`;
  }

  /** Throws `SECRET_UNREADABLE` for another key, another place, or a text that was altered. */
  open(sealed: string, place: SecretPlace): string {
    const [version, keyId, body] = sealed.split(".");
    if (version !== "v1" || keyId !== this.keyId || body === undefined) throw new AppError("SECRET_UNREADABLE");
    const bytes = Buffer.from(body, "base64url");
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new AppError("SECRET_UNREADABLE");
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAAD(associatedData(place));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch (cause) {
      throw new AppError("SECRET_UNREADABLE", { cause });
    }
  }
}

const derive = (material: Buffer, purpose: string, bytes: number) =>
  Buffer.from(hkdfSync("sha256", material, Buffer.alloc(0), purpose, bytes));

const associatedData = (place: SecretPlace) =>
  Buffer.from([place.organizationId, place.table, place.column, place.rowId].join(":"));

/** Hexadecimal is told from base64 by its alphabet; what is neither, or too short as either, counts as text. */
function keyMaterial(secretKey: string): Buffer {
  const text = secretKey.trim();
  if (text.length >= MIN_KEY_LENGTH && new Set(text).size >= MIN_DIFFERENT_CHARACTERS) {
    if (/^(?:[0-9a-f]{2}){32,}$/i.test(text)) return Buffer.from(text, "hex");
    const decoded = /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0);
    return decoded.length >= KEY_BYTES ? decoded : Buffer.from(text, "utf8");
  }
  throw new AppError("CONFIGURATION_INVALID", {
    params: {
      issues: "MILLRACE_SECRET_KEY must be 32 random bytes in hexadecimal or base64, or at least 32 characters",
    },
  });
}
