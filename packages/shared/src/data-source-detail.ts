import { z } from "zod";
import { ConnectionOptions, ConnectionType, CreateDataSourceInput, DataSource } from "./data-source.ts";
import { Id } from "./ids.ts";
import { PageInput } from "./page.ts";
import { PipelineStatus } from "./pipeline.ts";

/** How a list of data sources is ordered; `-` turns it round. */
export const DataSourceOrder = z.enum(["name", "-name", "created", "-created"]);
export type DataSourceOrder = z.infer<typeof DataSourceOrder>;

export const ListDataSourcesInput = z.strictObject({
  ...PageInput.shape,
  /** Part of a name, host or database, whatever its case. */
  search: z.string().trim().max(200).optional(),
  /** Newest first unless said otherwise. */
  order: DataSourceOrder.default("-created"),
});
export type ListDataSourcesInput = z.infer<typeof ListDataSourcesInput>;

/** A data source in a list, with how many pipelines it stands at either end of. */
export const DataSourceListItem = z.strictObject({ ...DataSource.shape, pipelineCount: z.int() });
export type DataSourceListItem = z.infer<typeof DataSourceListItem>;

/** How many of the pipelines that use a data source are told with it. */
export const MAX_TOLD_PIPELINES = 100;

/** A pipeline as the data source sees it. */
export const PipelineUse = z.strictObject({
  id: Id,
  name: z.string(),
  status: PipelineStatus,
  /** The table that is read here, if it reads here. */
  sourceTable: z.string().nullable(),
  /** The table that is written here, if it writes here. */
  destinationTable: z.string().nullable(),
  isSource: z.boolean(),
  isDestination: z.boolean(),
});
export type PipelineUse = z.infer<typeof PipelineUse>;

/** A data source with the pipelines that use it, by name; `pipelineCount` counts those that are not told as well. */
export const DataSourceDetail = z.strictObject({
  ...DataSourceListItem.shape,
  pipelines: z.array(PipelineUse).max(MAX_TOLD_PIPELINES),
});
export type DataSourceDetail = z.infer<typeof DataSourceDetail>;

export const ParseUrlInput = z.strictObject({ url: z.string().trim().min(1, "is required").max(4000) });
export type ParseUrlInput = z.infer<typeof ParseUrlInput>;

/** The fields that a connection URL holds. Its password has no way out: see `splitUrlPassword`. */
export const ParsedUrl = z.strictObject({
  connectionType: ConnectionType,
  host: z.string().nullable(),
  port: z.int().nullable(),
  database: z.string().nullable(),
  username: z.string().nullable(),
  /** Whether the URL had a password. */
  hasPassword: z.boolean(),
  options: ConnectionOptions,
});
export type ParsedUrl = z.infer<typeof ParsedUrl>;

/**
 * Values that are not stored, to be tested as they are. With the `id` of a data source the password may be left out: then the
 * stored one is used, under the same rule as when it is changed.
 */
export const TestDraftInput = z.strictObject({
  ...CreateDataSourceInput.omit({ name: true, password: true }).shape,
  id: Id.optional(),
  password: CreateDataSourceInput.shape.password.unwrap().optional(),
});
export type TestDraftInput = z.infer<typeof TestDraftInput>;
