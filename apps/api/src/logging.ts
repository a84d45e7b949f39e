import { AppError } from "@millrace/shared";
import { type DestinationStream, destination, type Logger, pino, type SerializedError } from "pino";
import type { Environment } from "./env.ts";

/** Shorter ones would blot out half of every line. */
const MIN_SECRET_LENGTH = 6;
/** The one that was not seen longest is forgotten. */
const MAX_SECRETS = 2_000;

const CENSOR = "[redacted]";

/** Secrets in clear text that passed through this process, so that the log can blot them out wherever they turn up. */
export class SecretRegister {
  readonly #secrets = new Set<string>();

  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
    this.#secrets.delete(secret);
    this.#secrets.add(secret);
    if (this.#secrets.size <= MAX_SECRETS) return;
    const [eldest] = this.#secrets;
    if (eldest !== undefined) this.#secrets.delete(eldest);
  }

  /** The text without any secret, whether as it is or as JSON writes it. */
  scrub(text: string): string {
    let scrubbed = text;
    for (const secret of this.#secrets) {
      scrubbed = scrubbed.replaceAll(secret, CENSOR).replaceAll(JSON.stringify(secret).slice(1, -1), CENSOR);
    }
    return scrubbed;
  }
}

const SECRET_KEYS = [
  "password",
  "secret",
  "token",
  "authorization",
  "cookie",
  "setCookie",
  "set-cookie",
  "x-api-key",
  "apiKey",
];

export interface LoggingOptions {
  readonly level: Environment["logLevel"];
  readonly secrets: SecretRegister;
  /** Default: standard output. */
  readonly stream?: DestinationStream;
}

/** JSON, one line an entry; secrets are left out by their key and by their value. */
export function createLogger({ level, secrets, stream }: LoggingOptions): Logger {
  const sink = stream ?? destination(1);
  return pino(
    {
      level,
      redact: { paths: SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]), censor: CENSOR },
      serializers: { err: describeError },
    },
    {
      write: (line: string) => {
        sink.write(secrets.scrub(line));
      },
    },
  );
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Database errors repeat values in their message (the ORM's even the whole statement with its parameters), so of those only
 * SQLSTATE, constraint and stack are kept.
 */
function describeError(error: unknown): SerializedError | object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table, cause } = error as Error & Record<string, unknown>;
  const isFromDatabase = typeof code === "string" && SQLSTATE.test(code) && !(error instanceof AppError);
  return {
    type: error.name,
    message: isFromDatabase ? `SQLSTATE ${code}` : error.message,
    ...(typeof code === "string" ? { code } : {}),
    ...(isFromDatabase && typeof constraint === "string" ? { constraint } : {}),
    ...(isFromDatabase && typeof table === "string" ? { table } : {}),
    stack: (error.stack ?? "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  };
}
