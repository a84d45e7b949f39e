import type { DataSource } from "@millrace/db";
import type { Connection, OpenOptions, Side } from "@millrace/engine";
import { AppError, type ErrorCode } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { connectionOf } from "./sources.service.ts";

/** A look into data sources: its end comes by the time limit of the platform, or when the caller has left. */
export interface Look {
  readonly signal: AbortSignal;
  /** What went wrong, a look that took too long in the words of a person who waited for it. */
  toError(error: unknown, side: Side): unknown;
}

/**
 * Looks into data sources when it is the user's turn: each has a few looks under way at once, so that no page, and nobody who
 * writes a loop, opens connections without bound. Waiting counts towards the time limit.
 */
export async function takeLook<Result>(
  { platform, actor }: Pick<Scope, "platform" | "actor">,
  callerLeft: AbortSignal | undefined,
  read: (look: Look) => Promise<Result>,
  { timeoutMs = platform.egress.timeoutMs } = {},
): Promise<Result> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const look: Look = {
    signal: callerLeft ? AbortSignal.any([timeout, callerLeft]) : timeout,
    // Connectors speak of a cancelled run, which here is a look that took too long.
    toError: (error, side) =>
      timeout.aborted && !hasCode(error, "CONNECTION_TIMEOUT")
        ? new AppError("CONNECTION_TIMEOUT", { params: { side }, cause: error })
        : error,
  };
  try {
    return await platform.looks.run(actor.userId, look.signal, () => read(look));
  } catch (error) {
    const wasNeverItsTurn = timeout.aborted && hasCode(error, "RUN_CANCELLED");
    throw wasNeverItsTurn ? new AppError("RATE_LIMITED", { params: { seconds: 5 }, cause: error }) : error;
  }
}

const hasCode = (error: unknown, code: ErrorCode): boolean => error instanceof AppError && error.code === code;

/** How a data source may be reached: within the look's time, at allowed addresses, and never the platform's own database. */
export async function openOptions({ platform }: Pick<Scope, "platform">, side: Side, look: Look): Promise<OpenOptions> {
  const { allowPrivateNetworks, timeoutMs } = platform.egress;
  const refuse = [await platform.store.identity()];
  return { side, signal: look.signal, connectTimeoutMs: timeoutMs, allowPrivateNetworks, refuse };
}

/** Opens a data source under the look's time limit and the address guard. Whoever calls closes the connection. */
export async function openConnection(
  scope: Pick<Scope, "platform">,
  source: DataSource,
  side: Side,
  look: Look,
): Promise<Connection> {
  const { connector, config } = connectionOf(scope.platform, source);
  try {
    return await connector.open(config, await openOptions(scope, side, look));
  } catch (error) {
    throw look.toError(error, side);
  }
}
