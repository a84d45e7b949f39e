import { AppError, Email, Password } from "@millrace/shared";
import { resolve } from "node:path";
import { z } from "zod";

/** One variable: what it means for people, and how its text becomes a value. Text is trimmed, and empty counts as not set. */
interface Variable<Value> {
  readonly description: string;
  /** As the docs show it; `undefined` where there is none. */
  readonly default?: string;
  /** Taken as it is, spaces included. */
  readonly isExact?: boolean;
  readonly schema: z.ZodType<Value, string | undefined>;
}

const variable = <Value>(definition: Variable<Value>): Variable<Value> => definition;

const url = (protocols: RegExp, message: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.test(new URL(text).protocol), message);

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

const flag = z
  .enum(["true", "false", "1", "0"], "must be true or false")
  .transform((text) => text === "true" || text === "1");

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** Every variable that the product reads, in the order of the docs. */
const VARIABLES = {
  DATABASE_URL: variable({
    description:
      "The PostgreSQL that holds everything, as a `postgres://` URL. Without it Millrace starts its own, in the data directory. " +
      "`millrace api` and `millrace worker` need it.",
    schema: url(/^postgres(ql)?:$/, "must be a postgres:// URL").optional(),
  }),
  MILLRACE_SECRET_KEY: variable({
    description:
      "Encrypts the passwords of data sources and signs sessions: 32 random bytes as hexadecimal or base64, for example from " +
      "`openssl rand -hex 32`. Required with `DATABASE_URL`; otherwise Millrace makes its own in the data directory.",
    schema: z
      .string()
      .min(32, "must have at least 32 characters; `openssl rand -hex 32` makes one")
      .refine((key) => new Set(key).size > 4, "must be random; `openssl rand -hex 32` makes one")
      .refine(
        (key) => !/changeme|change-me|example|secret.?key|password/i.test(key),
        "is a sample; `openssl rand -hex 32` makes a real one",
      )
      .optional(),
  }),
  PORT: variable({
    description: "The port of API and web app.",
    default: "5001",
    schema: integer(0, 65_535).prefault("5001"),
  }),
  MILLRACE_HOST: variable({
    description: "The address to listen on. `127.0.0.1` keeps Millrace to this machine.",
    default: "0.0.0.0",
    schema: z.string().prefault("0.0.0.0"),
  }),
  MILLRACE_PUBLIC_URL: variable({
    description:
      "The address that browsers use, where a proxy stands in front. With `https://` the session cookie is sent over TLS only.",
    schema: url(/^https?:$/, "must be an http:// or https:// URL")
      .transform((text) => new URL(text).origin)
      .optional(),
  }),
  MILLRACE_TRUSTED_PROXIES: variable({
    description:
      "Addresses or networks of the proxies in front, separated by commas. Only theirs are the `X-Forwarded-*` headers that count.",
    schema: z
      .string()
      .prefault("")
      .transform((text) => text.split(",").map((part) => part.trim()))
      .transform((parts) => parts.filter((part) => part !== ""))
      .refine(
        (parts) => parts.every((part) => /^[0-9a-f.:]+(\/\d{1,3})?$/i.test(part)),
        "must be addresses or networks like 10.0.0.0/8",
      ),
  }),
  MILLRACE_ADMIN_EMAIL: variable({
    description: "The first account, for an unattended first start; without it the first start prints a one-time link.",
    schema: Email.optional(),
  }),
  MILLRACE_ADMIN_PASSWORD: variable({
    description: "Its password, 8 to 128 characters. Both are read on the first start only.",
    isExact: true,
    schema: Password.optional(),
  }),
  MILLRACE_DATA_DIR: variable({
    description: "Where the embedded PostgreSQL, its key and other files of Millrace live.",
    default: ".millrace",
    schema: z
      .string()
      .prefault(".millrace")
      .transform((path) => resolve(path)),
  }),
  MILLRACE_ALLOW_PRIVATE_NETWORKS: variable({
    description:
      "Whether data sources may have loopback and private addresses. Set it to `false` where people who do not trust each other " +
      "share one Millrace. Metadata and link-local addresses are always refused.",
    default: "true",
    schema: flag.prefault("true"),
  }),
  MILLRACE_WORKER_CONCURRENCY: variable({
    description: "How many runs one worker executes at once.",
    default: "4",
    schema: integer(1, 64).prefault("4"),
  }),
  MILLRACE_FAILPOINTS: variable({
    description:
      "For tests of Millrace itself: the instants at which a worker dies, fails or stands still, " +
      "for example `after-chunk-commit=kill@3`. Never set it where runs matter.",
    schema: z.string().optional(),
  }),
  LOG_LEVEL: variable({
    description: `What the log shows: ${LOG_LEVELS.map((level) => `\`${level}\``).join(", ")}.`,
    default: "info",
    schema: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).prefault("info"),
  }),
} as const;

type Values = { [Name in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[Name]["schema"]> };

/** The configuration as the rest of the product knows it. Null is "not set". */
export interface Environment {
  readonly databaseUrl: string | null;
  readonly secretKey: string | null;
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string | null;
  readonly trustedProxies: readonly string[];
  readonly admin: { readonly email: string; readonly password: string } | null;
  /** An absolute path. */
  readonly dataDir: string;
  readonly allowPrivateNetworks: boolean;
  readonly workerConcurrency: number;
  readonly failpoints: string | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export type EnvironmentSource = Readonly<Record<string, string | undefined>>;

/**
 * The only reader of the environment in the product. `overrides` is what a command line says over it. Throws
 * `CONFIGURATION_INVALID` that names every fault at once and no value.
 */
export function readEnvironment(
  environment: EnvironmentSource = process.env,
  overrides: EnvironmentSource = {},
): Environment {
  const source = { ...environment, ...overrides };
  const values: Record<string, unknown> = {};
  const issues: string[] = [];
  for (const [name, { schema, isExact }] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const text = isExact ? source[name] : source[name]?.trim();
    const result = schema.safeParse(text || undefined);
    if (result.success) values[name] = result.data;
    else issues.push(...result.error.issues.map((issue) => `${name} ${issue.message}`));
  }
  const read = values as Values;
  const isSet = (name: keyof Values) => Boolean(source[name]?.trim());
  if (isSet("DATABASE_URL") && !isSet("MILLRACE_SECRET_KEY"))
    issues.push("MILLRACE_SECRET_KEY is required with DATABASE_URL");
  if (isSet("MILLRACE_ADMIN_EMAIL") !== isSet("MILLRACE_ADMIN_PASSWORD")) {
    issues.push("MILLRACE_ADMIN_EMAIL and MILLRACE_ADMIN_PASSWORD must be set together");
  }
  if (issues.length > 0) throw new AppError("CONFIGURATION_INVALID", { params: { issues: issues.join("; ") } });
  const { MILLRACE_ADMIN_EMAIL: email, MILLRACE_ADMIN_PASSWORD: password } = read;
  return {
    databaseUrl: read.DATABASE_URL ?? null,
    secretKey: read.MILLRACE_SECRET_KEY ?? null,
    port: read.PORT,
    host: read.MILLRACE_HOST,
    publicUrl: read.MILLRACE_PUBLIC_URL ?? null,
    trustedProxies: read.MILLRACE_TRUSTED_PROXIES,
    admin: email !== undefined && password !== undefined ? { email, password } : null,
    dataDir: read.MILLRACE_DATA_DIR,
    allowPrivateNetworks: read.MILLRACE_ALLOW_PRIVATE_NETWORKS,
    workerConcurrency: read.MILLRACE_WORKER_CONCURRENCY,
    failpoints: read.MILLRACE_FAILPOINTS,
    logLevel: read.LOG_LEVEL,
  };
}

/** `docs/environment.md`. */
export function renderEnvironmentDocs(): string {
  const rows = Object.entries<Variable<unknown>>(VARIABLES).map(
    ([name, { description, default: byDefault }]) =>
      `| \`${name}\` | ${byDefault === undefined ? "" : `\`${byDefault}\``} | ${description} |`,
  );
  return [
    "# Environment",
    "",
    "Every variable that Millrace reads. All faults are reported at once, at the start. This page is generated by `pnpm generate`.",
    "",
    "| variable | default | meaning |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
