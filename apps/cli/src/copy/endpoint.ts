import { connectorForUrl } from "@millrace/connectors";
import type { Connection, Connector, Side } from "@millrace/engine";
import { AppError } from "@millrace/shared";

/** One end of a copy: a connector and what it needs to connect. Holds a password, so nothing of it is ever printed. */
export interface Endpoint {
  readonly connector: Connector;
  readonly config: unknown;
  readonly side: Side;
}

/**
 * Reads a URL by the connector of its scheme. Throws `UNSUPPORTED`, or `VALIDATION_FAILED` with the option's name; neither
 * repeats the URL.
 */
export function parseEndpoint(url: string, side: Side): Endpoint {
  try {
    const connector = connectorForUrl(url);
    return { connector, config: connector.parseUrl(url), side };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "VALIDATION_FAILED") throw error;
    const option = side === "source" ? "--from" : "--to";
    throw new AppError("VALIDATION_FAILED", { params: { issue: `${option}: ${error.message}` }, cause: error });
  }
}

export interface ConnectionPair {
  readonly source: Connection;
  readonly destination: Connection;
  /** Never throws. */
  close(): Promise<void>;
}

/** Connects to both ends at once. When one fails the other is closed; when both do, the source's error is thrown. */
export async function openPair(from: Endpoint, to: Endpoint, signal: AbortSignal): Promise<ConnectionPair> {
  const open = ({ connector, config, side }: Endpoint) => connector.open(config, { side, signal });
  const [source, destination] = await Promise.allSettled([open(from), open(to)]);
  if (source.status === "fulfilled" && destination.status === "fulfilled") {
    const pair = { source: source.value, destination: destination.value };
    return { ...pair, close: async () => void (await Promise.all([pair.source.close(), pair.destination.close()])) };
  }
  if (source.status === "fulfilled") await source.value.close();
  if (destination.status === "fulfilled") await destination.value.close();
  throw source.status === "rejected" ? source.reason : (destination as PromiseRejectedResult).reason;
}
