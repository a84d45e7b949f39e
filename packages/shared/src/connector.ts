import { z } from "zod";
import { ConnectionType } from "./data-source.ts";
import { SetUpGuide } from "./set-up-guide.ts";

/**
 * What a connector says of a field beside its schema, by zod's `.meta()`: the form, the docs and the command line read it
 * there. The order of the fields is the order of the schema's keys.
 */
export interface FieldMeta {
  readonly title: string;
  readonly description?: string;
  readonly placeholder?: string;
  /** Written and never shown again. */
  readonly isSecret?: true;
  /** Several lines, such as a certificate. */
  readonly isMultiline?: true;
  /** What each choice of an enumeration means. */
  readonly choices?: Readonly<Record<string, string>>;
  /** The field makes sense only while another has this value. */
  readonly shownWhen?: { readonly field: string; readonly is: string };
}

/** One field of a connector's form: JSON Schema's own words, and those of `FieldMeta`. */
export const ConfigField = z.strictObject({
  type: z.enum(["string", "integer", "number", "boolean"]),
  title: z.string(),
  description: z.string().optional(),
  placeholder: z.string().optional(),
  isSecret: z.literal(true).optional(),
  isMultiline: z.literal(true).optional(),
  choices: z.record(z.string(), z.string()).optional(),
  shownWhen: z.strictObject({ field: z.string(), is: z.string() }).optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
export type ConfigField = z.infer<typeof ConfigField>;

/** A connector's `configSchema` as JSON Schema 2020-12. Anything that no form could show is refused when it is made. */
export const ConfigForm = z.strictObject({
  $schema: z.string(),
  type: z.literal("object"),
  properties: z.record(z.string(), ConfigField),
  required: z.array(z.string()),
  additionalProperties: z.literal(false),
});
export type ConfigForm = z.infer<typeof ConfigForm>;

/** A system that data can be moved from or to, and how a connection to it is set up. */
export const ConnectorSummary = z.strictObject({
  type: ConnectionType,
  title: z.string(),
  defaultPort: z.int().nullable(),
  capabilities: z.strictObject({
    canRead: z.boolean(),
    canWrite: z.boolean(),
    hasDigest: z.boolean(),
    canMap: z.boolean(),
    canMerge: z.boolean(),
    canKeepHistory: z.boolean(),
    canCapture: z.boolean(),
  }),
  /** A connection URL as people write it, without a password. */
  exampleUrl: z.string(),
  form: ConfigForm,
  guide: SetUpGuide,
});
export type ConnectorSummary = z.infer<typeof ConnectorSummary>;
