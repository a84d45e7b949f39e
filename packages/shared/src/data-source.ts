import { z } from "zod";
import { Id } from "./ids.ts";

/** Every kind of system that a data source can name. Which of them this build reaches is the connectors' registry's to say. */
export const ConnectionType = z.enum(["postgresql", "mysql", "sqlite", "duckdb", "files"]);
export type ConnectionType = z.infer<typeof ConnectionType>;

export const DataSourceName = z.string().trim().min(1, "is required").max(255);

/** Connector options beyond host and user; each connector's `configSchema` says which keys it takes. */
export const ConnectionOptions = z.record(
  z.string().max(60),
  z.union([z.string().max(20_000), z.number(), z.boolean()]),
);
export type ConnectionOptions = z.infer<typeof ConnectionOptions>;

const connection = {
  host: z.string().trim().min(1).max(255).nullable(),
  port: z.int().min(1).max(65_535).nullable(),
  database: z.string().min(1).max(255).nullable(),
  username: z.string().min(1).max(255).nullable(),
  options: ConnectionOptions,
};

/** Written, never read back. */
const Password = z.string().max(1024).nullable();

export const CreateDataSourceInput = z.strictObject({
  name: DataSourceName,
  connectionType: ConnectionType,
  host: connection.host.default(null),
  port: connection.port.default(null),
  database: connection.database.default(null),
  username: connection.username.default(null),
  password: Password.default(null),
  options: connection.options.default({}),
});
export type CreateDataSourceInput = z.infer<typeof CreateDataSourceInput>;

/** What is left out stays as it is; a password left out is kept, null removes it. */
export const UpdateDataSourceInput = z.strictObject({
  id: Id,
  name: DataSourceName.optional(),
  host: connection.host.optional(),
  port: connection.port.optional(),
  database: connection.database.optional(),
  username: connection.username.optional(),
  password: Password.optional(),
  options: connection.options.optional(),
});
export type UpdateDataSourceInput = z.infer<typeof UpdateDataSourceInput>;

export const DataSource = z.strictObject({
  id: Id,
  name: z.string(),
  connectionType: ConnectionType,
  host: z.string().nullable(),
  port: z.int().nullable(),
  database: z.string().nullable(),
  username: z.string().nullable(),
  /** Whether a password is stored; the password itself has no way out. */
  hasPassword: z.boolean(),
  options: ConnectionOptions,
  organizationId: Id,
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type DataSource = z.infer<typeof DataSource>;

/** One named check of a connection test. A check that could not be reached because an earlier one failed is `skipped`. */
export const ConnectionCheck = z.strictObject({
  name: z.string(),
  status: z.enum(["passed", "warning", "failed", "skipped"]),
  message: z.string(),
  code: z.string().nullable(),
  hint: z.string().nullable(),
});
export type ConnectionCheck = z.infer<typeof ConnectionCheck>;

export const ConnectionTestResult = z.strictObject({ isOk: z.boolean(), checks: z.array(ConnectionCheck) });
export type ConnectionTestResult = z.infer<typeof ConnectionTestResult>;

export const TableKind = z.enum(["table", "partitioned_table", "view", "materialized_view", "foreign_table"]);
export type TableKind = z.infer<typeof TableKind>;

/** A table of a data source. Counts are the catalog's estimates, null where it has none. */
export const TableSummary = z.strictObject({
  schema: z.string(),
  name: z.string(),
  kind: TableKind,
  /** `schema.name` with quotes where needed: what a pipeline's `sourceTable` takes. */
  reference: z.string(),
  estimatedRows: z.number().nullable(),
  estimatedBytes: z.number().nullable(),
  /** Whether the data source's user may read all of it. What may only be written can be a destination and no source. */
  isReadable: z.boolean(),
});
export type TableSummary = z.infer<typeof TableSummary>;

export const ColumnSummary = z.strictObject({
  name: z.string(),
  /** As the system itself spells it, for example `numeric(15,2)` or `public.mood[]`. */
  type: z.string(),
  isNullable: z.boolean(),
  isPrimaryKey: z.boolean(),
  /** Generated always from other columns, so never written. */
  isGenerated: z.boolean(),
});
export type ColumnSummary = z.infer<typeof ColumnSummary>;

/** The first rows as the source's own text, column by column; null is SQL NULL. Texts are cut at 500 characters. */
export const RowPreview = z.strictObject({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string().nullable())),
});
export type RowPreview = z.infer<typeof RowPreview>;
