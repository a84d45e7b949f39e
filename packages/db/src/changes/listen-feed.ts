import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { type ConnectionSettings, connectionConfig } from "../connection.ts";
import type { Change, ChangeFeed, ChangeScope } from "./change-feed.ts";
import { Subscription } from "./subscription.ts";

const CHANNEL = "millrace_changes";
/** A connection that went silently is noticed by a question without an answer. */
const PROBE_INTERVAL_MS = 10_000;
const PROBE_TIMEOUT_MS = 5000;
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;

/**
 * idle -> listening <-> reconnecting -> closed. It connects for its first subscriber and keeps the connection until `close`;
 * whatever goes wrong is answered by connecting again and telling every subscriber to `resync`.
 */
export class ListenFeed implements ChangeFeed {
  readonly #settings: ConnectionSettings;
  readonly #subscriptions = new Set<Subscription>();
  readonly #closing = new AbortController();
  #isListening = false;
  #loop: Promise<void> | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  async *subscribe(scope: ChangeScope, signal: AbortSignal): AsyncGenerator<Change, void> {
    const subscription = new Subscription(scope);
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    this.#subscriptions.add(subscription);
    if (this.#isListening) subscription.resync();
    this.#loop ??= this.#run();
    try {
      yield* subscription.changes(ended);
    } finally {
      this.#subscriptions.delete(subscription);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let backoffMs = MIN_BACKOFF_MS;
    while (!signal.aborted) {
      const wasListening = await this.#listen(signal);
      this.#isListening = false;
      backoffMs = wasListening ? MIN_BACKOFF_MS : Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      await delay(backoffMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Resolves, to whether it ever listened, once the connection is lost or the feed closes. */
  async #listen(signal: AbortSignal): Promise<boolean> {
    const client = new Client({ ...connectionConfig(this.#settings), query_timeout: PROBE_TIMEOUT_MS });
    const lost = new AbortController();
    client.on("error", () => lost.abort());
    client.on("end", () => lost.abort());
    client.on("notification", ({ payload }) => this.#publish(payload ?? ""));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.#isListening = true;
      for (const subscription of this.#subscriptions) subscription.resync();
      const ended = AbortSignal.any([signal, lost.signal]);
      while (!ended.aborted) {
        await delay(PROBE_INTERVAL_MS, undefined, { signal: ended }).catch(() => {});
        if (!ended.aborted) await client.query("select 1");
      }
    } catch {
      // The next round connects again; there is nothing here that a subscriber could do.
    } finally {
      await client.end().catch(() => {});
    }
    return this.#isListening;
  }

  #publish(payload: string): void {
    const { k: kind, o: organizationId, p: pipelineId, r: runId = null } = JSON.parse(payload) as Notification;
    const change = { kind, pipelineId, runId } as Change;
    for (const subscription of this.#subscriptions) subscription.offer(organizationId, change);
  }
}

interface Notification {
  readonly k: Exclude<Change["kind"], "resync">;
  readonly o: string;
  readonly p: string;
  readonly r?: string;
}
