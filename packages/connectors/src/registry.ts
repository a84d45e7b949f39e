import type { Connector } from "@millrace/engine";
import { AppError, type ConnectionType } from "@millrace/shared";
import { postgresConnector } from "./postgres/postgres-connector.ts";

/** A connector of a system that people can register data sources of. */
type OfferedConnector = Connector<unknown, ConnectionType>;

/** Every system that this build reaches. The memory connector is none of them: it is for tests, and what it holds ends with the process. */
export const connectors: readonly OfferedConnector[] = [postgresConnector];

/** Throws `UNSUPPORTED` for a system that this build does not reach. */
export function connectorFor(type: ConnectionType): OfferedConnector {
  const connector = connectors.find((candidate) => candidate.type === type);
  if (!connector) throw unsupported(`The connection type ${type}`);
  return connector;
}

const SCHEMES: Readonly<Record<string, ConnectionType>> = { postgres: "postgresql", postgresql: "postgresql" };

/**
 * The connector whose `parseUrl` reads the URL. Throws `UNSUPPORTED` for the scheme of another system and `VALIDATION_FAILED`
 * for a text without one; neither repeats more of it than the scheme.
 */
export function connectorForUrl(url: string): OfferedConnector {
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
