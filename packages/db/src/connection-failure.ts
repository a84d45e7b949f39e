/**
 * SQLSTATE classes and codes, and errno names, that speak of the connection and not of the statement. 25006: the server takes no
 * writes, as one does in recovery and during a failover.
 */
const STATES = /^(?:08|57P0[123]|53300|25006)/;
const ERRNO = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "EAI_AGAIN"]);
const MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether the platform's database could not be reached, went away or takes no writes for now, whoever threw. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (STATES.test(code) || ERRNO.has(code))) return true;
  if (MESSAGES.test(error.message)) return true;
  if (error instanceof AggregateError) return error.errors.some(isConnectionFailure);
  return isConnectionFailure(error.cause);
}
