import { AppError } from "@millrace/shared";
import { z } from "zod";
import { field } from "../config-form.ts";

const required = (issue: { input?: unknown }) => (issue.input === undefined ? "is required" : "must be a text");

const Name = z
  .string({ error: required })
  .min(1, "is required")
  .max(255, "is too long")
  .refine(hasNoNul, "is not valid");

function hasNoNul(text: string): boolean {
  return !text.includes("\0");
}

const PEM_START = "-----BEGIN CERTIFICATE-----";

const SSL_MODES = ["disable", "prefer", "require", "verify-full"] as const;

const SSL_MODE_MEANINGS = {
  disable: "never encrypted",
  prefer: "encrypted when the server can",
  require: "encrypted, whoever answers",
  "verify-full": "encrypted, and the certificate is valid for the host",
} as const satisfies Record<(typeof SSL_MODES)[number], string>;

/** Written by people into a form, a request or a URL, so each refusal says what is expected and repeats no value. */
export const PostgresConfig = z
  .strictObject(
    {
      host: z
        .string({ error: required })
        .trim()
        .min(1, "is required")
        .max(255, "is too long")
        // A path would be a local socket, several names separated by commas a list of hosts: neither passes the address guard.
        .refine((host) => !/[/\\@,\s\p{Cc}]/u.test(host), "must be one host name or address")
        .meta(field({ title: "Host", description: "Name or address of the server.", placeholder: "db.example.com" })),
      port: z
        .int({ error: "must be a whole number" })
        .min(1, "must be between 1 and 65535")
        .max(65_535, "must be between 1 and 65535")
        .default(5432)
        .meta(field({ title: "Port" })),
      database: Name.meta(field({ title: "Database", placeholder: "shop" })),
      username: Name.meta(
        field({
          title: "User",
          description: "Best a role of its own, as the set-up guide makes it.",
          placeholder: "millrace",
        }),
      ),
      password: z
        .string({ error: "must be a text" })
        .max(1024, "is too long")
        .refine(hasNoNul, "is not valid")
        .optional()
        .meta(field({ title: "Password", isSecret: true })),
      sslmode: z
        .enum(SSL_MODES, { error: `must be one of ${SSL_MODES.join(", ")}` })
        .default("prefer")
        .meta(field({ title: "TLS mode", choices: SSL_MODE_MEANINGS })),
      /** Contents of a PEM file, never a path: a path would let a user have files of this machine read. */
      sslRootCert: z
        .string({ error: "must be a text" })
        .trim()
        .max(20_000, "is too long")
        .refine((text) => text.startsWith(PEM_START), "must be the contents of a PEM certificate, not a path")
        .optional()
        .meta(
          field({
            title: "Certificate authority",
            description:
              "PEM contents of the certificate that signed the server's. Left empty: the well-known authorities.",
            placeholder: PEM_START,
            isMultiline: true,
            shownWhen: { field: "sslmode", is: "verify-full" },
          }),
        ),
    },
    {
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? `${issue.keys.map((key) => key.slice(0, 60)).join(", ")}: not known for PostgreSQL`
          : undefined,
    },
  )
  .refine((config) => config.sslRootCert === undefined || config.sslmode === "verify-full", {
    path: ["sslRootCert"],
    message: "is checked only with sslmode verify-full",
  });
export type PostgresConfig = z.infer<typeof PostgresConfig>;

const URL_OPTIONS: ReadonlySet<string> = new Set(["sslmode"]);

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`, percent-encoded where needed. Throws `VALIDATION_FAILED`;
 * its sentence names a field or an option and never repeats a part of the URL, which may hold a password in a wrong place.
 */
export function parsePostgresUrl(text: string): PostgresConfig {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol) || !text.includes("://")) {
    throw invalid("The URL cannot be read: write postgres://user:password@host:port/database");
  }
  if (url.hash !== "") throw invalid("The URL has a #: write it as %23");
  const fields: Record<string, unknown> = {
    host: decode("host", url.hostname).replace(/^\[(.*)\]$/, "$1"),
    database: decode("database", url.pathname.slice(1)),
    username: decode("username", url.username),
  };
  if (url.port !== "") fields["port"] = Number(url.port);
  if (url.password !== "") fields["password"] = decode("password", url.password);
  for (const [key, value] of url.searchParams) {
    if (!URL_OPTIONS.has(key)) throw invalid(`${nameable(key)} cannot be set in the URL`);
    fields[key] = value;
  }
  const parsed = PostgresConfig.safeParse(fields);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw invalid(issues.join("; "));
}

/** A raw `?` inside a password makes the rest of it look like an option, and then an `@` follows. */
const nameable = (key: string): string => (/^\w{1,40}$/.test(key) ? `The option ${key}` : "An option of that name");

function decode(field: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`${field}: has a % that starts no escape; write it as %25`);
  }
}

const invalid = (issue: string): AppError => new AppError("VALIDATION_FAILED", { params: { issue } });
