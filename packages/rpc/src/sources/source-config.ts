import { connectionConfig, connectorFor } from "@millrace/connectors";
import type { DataSource } from "@millrace/db";
import type { Connector } from "@millrace/engine";
import { AppError, type CreateDataSourceInput } from "@millrace/shared";
import { describeIssue } from "../error-formatter.ts";

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
  const issue = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => describeIssue({ path: path.map(String), message }))
    .join("; ");
  throw new AppError("VALIDATION_FAILED", { params: { issue } });
}

/** Where a data source's password is bound to: it opens nowhere else. */
export const secretPlace = (source: Pick<DataSource, "organizationId" | "id">) => ({
  organizationId: source.organizationId,
  table: "data_sources",
  column: "secret",
  rowId: source.id,
});
