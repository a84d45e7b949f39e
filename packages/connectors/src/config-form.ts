import type { Connector } from "@millrace/engine";
import { ConfigForm, type ConnectionType, type ConnectorSummary, type FieldMeta } from "@millrace/shared";
import { z } from "zod";

/** What a field says of itself, for zod's `.meta()`. */
export const field = (meta: FieldMeta): FieldMeta & Record<string, unknown> => ({ ...meta });

/**
 * The connector's `configSchema` as the JSON Schema that its form is made from, fields in the schema's own order. Throws for
 * a field without a title, or of a kind that no form could show: a fault of the connector, which its tests find.
 */
export const configForm = (connector: Connector): ConfigForm =>
  ConfigForm.parse(z.toJSONSchema(connector.configSchema, { io: "input" }));

/** What people need to know to set up a connection, without opening one. */
export function connectorSummary(connector: Connector<unknown, ConnectionType>): ConnectorSummary {
  const { type, title, defaultPort, capabilities, exampleUrl, guide } = connector;
  return { type, title, defaultPort, capabilities, exampleUrl, guide, form: configForm(connector) };
}
