import { openStore, SecretBox } from "@millrace/db";
import { testDatabase } from "@millrace/db/testing";
import { newId, type Role } from "@millrace/shared";
import { AccessLog } from "../audit/access-log.ts";
import { openAccounts } from "../accounts/open-accounts.ts";
import type { Clock } from "../clock.ts";
import type { Actor, Platform } from "../context.ts";
import { AttemptLimiter } from "../limits/attempt-limiter.ts";
import { ConcurrencyLimiter } from "../limits/concurrency-limiter.ts";
import { StreamLimiter } from "../limits/stream-limiter.ts";
import { type Caller, createCaller } from "../router.ts";

export const SECRET_KEY = "b7f3c9d2e8a1054f6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809182736";

/** A clock that stands where it is put; it starts at the present, since sessions are judged by the real one as well. */
export class TestClock implements Clock {
  #now = new Date();
  now(): Date {
    return this.#now;
  }
  set(now: string): void {
    this.#now = new Date(now);
  }
}

export interface TestPlatform {
  readonly platform: Platform;
  readonly clock: TestClock;
  readonly databaseUrl: string;
  /** Past every policy. */
  readonly superuserUrl: string;
  /** Secrets in clear text that services have passed on. */
  readonly remembered: string[];
  /** Calls procedures as a member of the organization; everybody is somebody else each time. */
  as(role: Role, organizationId: string, door?: "trpc" | "rest"): Caller;
  close(): Promise<void>;
}

/** What services need, on a database of the test file's own. */
export async function testPlatform(): Promise<TestPlatform> {
  const database = await testDatabase();
  const clock = new TestClock();
  const remembered: string[] = [];
  const store = openStore({ databaseUrl: database.url, applicationName: "rpc test" });
  const accounts = await openAccounts({ databaseUrl: database.url, secretKey: SECRET_KEY, publicUrl: null, clock });
  const platform: Platform = {
    store,
    accounts,
    access: new AccessLog({ store, accounts, clock }),
    secrets: new SecretBox(SECRET_KEY),
    clock,
    egress: { allowPrivateNetworks: true, timeoutMs: 1_500 },
    connectionTests: new AttemptLimiter({ attempts: 10, windowMs: 60_000, clock }),
    looks: new ConcurrencyLimiter(2),
    streams: new StreamLimiter(),
    sample: null,
    rememberSecret: (secret) => void remembered.push(secret),
  };
  return {
    platform,
    clock,
    databaseUrl: database.url,
    superuserUrl: database.superuserUrl,
    remembered,
    as: (role, organizationId, door = "trpc") => createCaller({ platform, actor: actorOf(role, organizationId), door }),
    close: async () => {
      await platform.access.settled();
      await Promise.all([store.close(), accounts.close()]);
      await database.drop();
    },
  };
}

const actorOf = (role: Role, organizationId: string): Actor => ({
  userId: newId(),
  email: `${role}@example.org`,
  name: role,
  organizationId,
  organizationName: "Test",
  role,
  via: "session",
  credentialId: newId(),
});
