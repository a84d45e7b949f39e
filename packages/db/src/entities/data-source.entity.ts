import { defineEntity, p } from "@mikro-orm/core";
import { type ConnectionOptions, type ConnectionType, newId } from "@millrace/shared";
import { tenantTable } from "./tenancy.ts";

const DataSourceSchema = defineEntity({
  name: "DataSource",
  tableName: "data_sources",
  ...tenantTable("data_sources"),
  uniques: [
    { name: "data_sources_name_unique", properties: ["organizationId", "name"] },
    { name: "data_sources_organization_unique", properties: ["organizationId", "id"] },
  ],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    name: p.string().length(255),
    connectionType: p.string().length(40).$type<ConnectionType>(),
    host: p.string().nullable(),
    port: p.integer().nullable(),
    database: p.string().nullable(),
    username: p.string().nullable(),
    options: p.json<ConnectionOptions>().defaultRaw("'{}'::jsonb"),
    /** Ciphertext of `SecretBox`, bound to this row by its associated data. */
    secret: p.text().nullable().hidden(),
    createdBy: p.string(),
    createdAt: p.datetime().defaultRaw("now()"),
    updatedAt: p
      .datetime()
      .defaultRaw("now()")
      .onUpdate(() => new Date()),
  },
});

/** A registered connection, used at either end of a pipeline. Names are unique within the organization. */
export class DataSource extends DataSourceSchema.class {}
DataSourceSchema.setClass(DataSource);
