export { connectorSummary } from "./config-form.ts";
export { type ConnectionFields, connectionConfig, connectionFields, isConnectionField } from "./connection-config.ts";
export { connectorFor, connectorForUrl, connectors } from "./registry.ts";
export { renderSourceDocs } from "./source-docs.ts";
