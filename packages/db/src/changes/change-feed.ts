export interface ChangeScope {
  readonly organizationId: string;
  readonly pipelineId?: string;
  readonly runId?: string;
}

/**
 * `resync`: anything may have changed. It comes first, once the feed listens, and again after each lost connection, so a
 * subscriber that reads the state whenever it comes misses nothing. `log`: lines were added to the run.
 */
export type Change =
  | { readonly kind: "resync" }
  | { readonly kind: "pipeline"; readonly pipelineId: string; readonly runId: null }
  | { readonly kind: "run" | "log"; readonly pipelineId: string; readonly runId: string };

export interface ChangeFeed {
  /**
   * What changes within the scope, ids only, after its commit. A change that waits to be read is not repeated, so a slow
   * reader gets fewer of them, never an ever longer queue. Ends when `signal` aborts or the store closes; never throws.
   */
  subscribe(scope: ChangeScope, signal: AbortSignal): AsyncIterable<Change>;
}
