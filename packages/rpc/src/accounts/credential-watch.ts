import type { Actor } from "../context.ts";

type Credential = Pick<Actor, "via" | "credentialId">;

/** How often a live stream asks whether its session still stands; what ends in this process is known at once. */
const CHECK_INTERVAL_MS = 10_000;

/** Tells live streams when the session or token behind them ends (security.md S44). */
export class CredentialWatch {
  readonly #watchers = new Set<{ readonly credentialId: string; readonly ended: AbortController }>();
  readonly #isLive: (credential: Credential) => Promise<boolean>;

  constructor(isLive: (credential: Credential) => Promise<boolean>) {
    this.#isLive = isLive;
  }

  /** Aborts once the credential ends. Stops looking when `until` aborts. */
  watch(credential: Credential, until: AbortSignal): AbortSignal {
    const watcher = { credentialId: credential.credentialId, ended: new AbortController() };
    if (until.aborted) return watcher.ended.signal;
    this.#watchers.add(watcher);
    const timer = setInterval(() => void check(), CHECK_INTERVAL_MS);
    const check = async () => {
      // A database that does not answer says nothing about the session.
      if (await this.#isLive(credential).catch(() => true)) return;
      watcher.ended.abort();
    };
    const stop = () => {
      clearInterval(timer);
      this.#watchers.delete(watcher);
    };
    until.addEventListener("abort", stop, { once: true });
    watcher.ended.signal.addEventListener("abort", stop, { once: true });
    return watcher.ended.signal;
  }

  /** The credential ended in this process. */
  end(credentialId: string): void {
    for (const watcher of this.#watchers) if (watcher.credentialId === credentialId) watcher.ended.abort();
  }
}
