import type { Change, ChangeScope } from "./change-feed.ts";

/** What one reader has yet to see: each change once, in the order of its first arrival. */
export class Subscription {
  readonly #scope: ChangeScope;
  readonly #waiting = new Map<string, Change>();
  #wake: () => void = () => {};

  constructor(scope: ChangeScope) {
    this.#scope = scope;
  }

  /** Replaces whatever waits: who reads everything again sees that too. */
  resync(): void {
    this.#waiting.clear();
    this.#waiting.set("resync", { kind: "resync" });
    this.#wake();
  }

  offer(organizationId: string, change: Change): void {
    if (change.kind === "resync" || this.#waiting.has("resync") || !this.#covers(organizationId, change)) return;
    this.#waiting.set(`${change.kind} ${change.pipelineId} ${change.runId}`, change);
    this.#wake();
  }

  async *changes(ended: AbortSignal): AsyncGenerator<Change, void> {
    while (!ended.aborted) {
      const [first] = this.#waiting;
      if (first) {
        this.#waiting.delete(first[0]);
        yield first[1];
      } else {
        await this.#next(ended);
      }
    }
  }

  #covers(organizationId: string, change: Exclude<Change, { kind: "resync" }>): boolean {
    const { organizationId: ownOrganizationId, pipelineId, runId } = this.#scope;
    return (
      organizationId === ownOrganizationId &&
      (pipelineId === undefined || pipelineId === change.pipelineId) &&
      (runId === undefined || runId === change.runId)
    );
  }

  async #next(ended: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    ended.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  }
}
