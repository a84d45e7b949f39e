import { connectionFields, connectorForUrl, connectors, connectorSummary } from "@millrace/connectors";
import { ConnectionOptions, type ConnectorSummary, ParsedUrl, type ParseUrlInput } from "@millrace/shared";
import type { Scope } from "../context.ts";

const SUMMARIES: readonly ConnectorSummary[] = connectors.map(connectorSummary);

/** Every system that this build reaches, with its form and its set-up guide. */
export const listConnectors = (): ConnectorSummary[] => [...SUMMARIES];

/**
 * The fields of a connection URL. Nothing of it is stored, and its password has no way back: the web app takes it out of the
 * URL before it sends it, so it need not travel at all, and for other callers the rule holds that no answer carries a secret.
 * Throws `VALIDATION_FAILED`, which never repeats the URL, and `UNSUPPORTED`.
 */
export function parseUrl({ platform }: Scope, { url }: ParseUrlInput): ParsedUrl {
  const connector = connectorForUrl(url);
  const { fields, options } = connectionFields(connector.parseUrl(url) as Record<string, unknown>);
  const { password, ...shown } = fields;
  if (typeof password === "string") platform.rememberSecret(password);
  return ParsedUrl.parse({
    ...shown,
    connectionType: connector.type,
    hasPassword: password !== null,
    options: ConnectionOptions.parse(options),
  });
}
