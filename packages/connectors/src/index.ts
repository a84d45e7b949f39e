export { type ConnectionFields, connectionConfig } from "./connection-config.ts";
export { connectorFor, connectorForUrl, connectors } from "./registry.ts";
