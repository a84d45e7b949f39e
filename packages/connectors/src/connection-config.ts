import { AppError, type ConnectionOptions } from "@millrace/shared";

/** A data source's fields as the store keeps them; null is "not set". */
export interface ConnectionFields {
  readonly host?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly database?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly options?: ConnectionOptions | undefined;
}

const FIELDS = ["host", "port", "database", "username", "password"] as const;

/** Whether the store has a field of that name; whatever else a configuration holds is an option. */
export const isConnectionField = (name: string): boolean => (FIELDS as readonly string[]).includes(name);

/** The reverse of `connectionConfig`: a connector's configuration as the store keeps it. Fields that it lacks are null. */
export function connectionFields(config: Readonly<Record<string, unknown>>): {
  fields: Record<(typeof FIELDS)[number], unknown>;
  options: Record<string, unknown>;
} {
  const { host = null, port = null, database = null, username = null, password = null, ...options } = config;
  return { fields: { host, port, database, username, password }, options };
}

/**
 * What a connector's `configSchema` reads: one flat object of the options and the fields that are set, so that its defaults
 * and refusals speak of the others. Throws `VALIDATION_FAILED` for an option that has the name of a field: a password among
 * the options would be stored and shown in clear.
 */
export function connectionConfig(fields: ConnectionFields, password: string | null): Record<string, unknown> {
  const { host, port, database, username, options } = fields;
  const own = { host, port, database, username, password };
  for (const key of FIELDS) {
    if (options && Object.hasOwn(options, key)) {
      throw new AppError("VALIDATION_FAILED", {
        params: { issue: `options.${key}: is a field of its own, not an option` },
      });
    }
  }
  const config: Record<string, unknown> = { ...options, ...own };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
}
