import type { DataSource } from "@millrace/db";
import type { Connection, Side } from "@millrace/engine";
import { AppError } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { connectionOf } from "./sources.service.ts";

/** A look into data sources: its end comes by the time limit of the platform, or when the caller has left. */
export interface Look {
  readonly signal: AbortSignal;
  /** What went wrong, a look that took too long in the words of a person who waited for it. */
  toError(error: unknown, side: Side): unknown;
}

export function startLook({ platform }: Pick<Scope, "platform">, callerLeft: AbortSignal | undefined): Look {
  const timeout = AbortSignal.timeout(platform.egress.timeoutMs);
  return {
    signal: callerLeft ? AbortSignal.any([timeout, callerLeft]) : timeout,
    // Connectors speak of a cancelled run, which here is a look that took too long.
    toError: (error, side) =>
      timeout.aborted ? new AppError("CONNECTION_TIMEOUT", { params: { side }, cause: error }) : error,
  };
}

/** Opens a data source under the look's time limit and the address guard. Whoever calls closes the connection. */
export async function openConnection(
  { platform }: Pick<Scope, "platform">,
  source: DataSource,
  side: Side,
  look: Look,
): Promise<Connection> {
  const { connector, config } = connectionOf(platform, source);
  const { allowPrivateNetworks, timeoutMs } = platform.egress;
  try {
    return await connector.open(config, {
      side,
      signal: look.signal,
      connectTimeoutMs: timeoutMs,
      allowPrivateNetworks,
      refuse: [await platform.store.identity()],
    });
  } catch (error) {
    throw look.toError(error, side);
  }
}
