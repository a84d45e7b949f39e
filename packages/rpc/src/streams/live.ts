import type { Change, ChangeScope } from "@millrace/db";
import { AppError } from "@millrace/shared";
import type { Scope } from "../context.ts";

/**
 * The changes within the caller's organization for as long as the caller stays, their session or token stays valid, and
 * they hold no more streams than allowed. Ends when the caller leaves; throws `UNAUTHENTICATED` once the session is gone,
 * and `DATABASE_UNAVAILABLE` when the feed ends, which tells a client to come back rather than that all is said.
 */
export async function* liveChanges(
  { actor, platform }: Scope,
  within: Omit<ChangeScope, "organizationId">,
  callerLeft: AbortSignal | undefined,
): AsyncGenerator<Change, void> {
  const close = platform.streams.open(actor.userId);
  const stop = new AbortController();
  const signedOut = platform.accounts.watchCredential(actor, stop.signal);
  const signal = AbortSignal.any([stop.signal, signedOut, ...(callerLeft ? [callerLeft] : [])]);
  try {
    yield* platform.store.changes.subscribe({ ...within, organizationId: actor.organizationId }, signal);
    if (callerLeft?.aborted) return;
    throw new AppError(signedOut.aborted ? "UNAUTHENTICATED" : "DATABASE_UNAVAILABLE");
  } finally {
    stop.abort();
    close();
  }
}
