import { connectionConfig, connectorFor, isConnectionField } from "@millrace/connectors";
import type { DataSource } from "@millrace/db";
import type { Connector } from "@millrace/engine";
import type { CreateDataSourceInput } from "@millrace/shared";
import { InputRefused } from "../error-formatter.ts";

type Fields = Pick<CreateDataSourceInput, "connectionType" | "host" | "port" | "database" | "username" | "options">;

/**
 * The connector's own configuration out of the stored fields. Options are checked by the connector's schema alone: a key that
 * it does not know is refused, so nobody smuggles a driver's option past the form. Throws `VALIDATION_FAILED`, and
 * `UNSUPPORTED` for a system that this build does not reach.
 */
export function configOf(fields: Fields, password: string | null): { connector: Connector; config: unknown } {
  const connector = connectorFor(fields.connectionType);
  const parsed = connector.configSchema.safeParse(connectionConfig(fields, password));
  if (parsed.success) return { connector, config: parsed.data };
  throw new InputRefused(
    parsed.error.issues.map(({ path, message }) => ({ path: inputPath(path.map(String)), message })),
  );
}

/** Where the caller wrote what the connector knows by one flat name. */
const inputPath = (path: readonly string[]): string[] =>
  path[0] === undefined || isConnectionField(path[0]) ? [...path] : ["options", ...path];

/** Where a data source's password is bound to: it opens nowhere else. */
export const secretPlace = (source: Pick<DataSource, "organizationId" | "id">) => ({
  organizationId: source.organizationId,
  table: "data_sources",
  column: "secret",
  rowId: source.id,
});
