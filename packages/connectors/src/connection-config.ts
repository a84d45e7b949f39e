import { AppError, type ConnectionOptions } from "@millrace/shared";

/** A data source's fields as the store keeps them; null is "not set". */
export interface ConnectionFields {
  readonly host?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly database?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly options?: ConnectionOptions | undefined;
}

/**
 * What a connector's `configSchema` reads: one flat object of the options and the fields that are set, so that its defaults
 * and refusals speak of the others. Throws `VALIDATION_FAILED` for an option that has the name of a field: a password among
 * the options would be stored and shown in clear.
 */
export function connectionConfig(fields: ConnectionFields, password: string | null): Record<string, unknown> {
  const { host, port, database, username, options } = fields;
  const own = { host, port, database, username, password };
  for (const key of Object.keys(own)) {
    if (options && Object.hasOwn(options, key)) {
      throw new AppError("VALIDATION_FAILED", {
        params: { issue: `options.${key}: is a field of its own, not an option` },
      });
    }
  }
  const config: Record<string, unknown> = { ...options, ...own };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
}
