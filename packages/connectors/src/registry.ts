import type { Connector } from "@millrace/engine";
import { AppError, type ConnectionType } from "@millrace/shared";
import { postgresConnector } from "./postgres/postgres-connector.ts";

/** Every system that this build reaches. */
export const connectors: readonly Connector[] = [postgresConnector];

/** Throws `UNSUPPORTED` for a system that this build does not reach. */
export function connectorFor(type: ConnectionType): Connector {
  const connector = connectors.find((candidate) => candidate.type === type);
  if (!connector) throw unsupported(`The connection type ${type}`);
  return connector;
}

const SCHEMES: Readonly<Record<string, ConnectionType>> = { postgres: "postgresql", postgresql: "postgresql" };

/**
 * The connector whose `parseUrl` reads the URL. Throws `UNSUPPORTED` for the scheme of another system and `VALIDATION_FAILED`
 * for a text without one; neither repeats more of it than the scheme.
 */
export function connectorForUrl(url: string): Connector {
  const scheme = /^([a-z][a-z0-9+.-]{0,30}):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new AppError("VALIDATION_FAILED", { params: { issue: "A URL starts like postgres://" } });
  }
  const type = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (!type) throw unsupported(`${scheme}://`);
  return connectorFor(type);
}

const unsupported = (what: string): AppError =>
  new AppError("UNSUPPORTED", {
    params: { what, instead: `This version reaches ${connectors.map(({ title }) => title).join(", ")}.` },
  });
