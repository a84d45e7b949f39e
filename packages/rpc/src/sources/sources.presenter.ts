import type { DataSource as DataSourceEntity } from "@millrace/db";
import type { DataSource } from "@millrace/shared";

/** The password has no way out: only whether there is one. */
export const presentSource = (source: DataSourceEntity): DataSource => ({
  id: source.id,
  name: source.name,
  connectionType: source.connectionType,
  host: source.host ?? null,
  port: source.port ?? null,
  database: source.database ?? null,
  username: source.username ?? null,
  hasPassword: Boolean(source.secret),
  options: source.options,
  organizationId: source.organizationId,
  createdBy: source.createdBy,
  createdAt: source.createdAt.toISOString(),
  updatedAt: source.updatedAt.toISOString(),
});
