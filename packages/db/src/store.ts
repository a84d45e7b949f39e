import type { EntityManager } from "@mikro-orm/postgresql";
import type { ChangeFeed } from "./changes/change-feed.ts";
import type { RunClaims } from "./claims/run-claims.ts";
import type { RunQueue } from "./queue/run-queue.ts";

export interface StoreOptions {
  /** The role in it owns the tables, or may become their owner's member; `migrateStore` has run with it. */
  readonly databaseUrl: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Connections for requests and runs, under `millrace_app`. Default 10; queue, claims and changes take at most 6 more. */
  readonly poolSize?: number;
  /** How long a claim holds without a heartbeat. Default 15; tests that wait for its end want it shorter. */
  readonly leaseSeconds?: number;
  /** Told of idle connections that broke and the like. Nothing needs to be done: they are made again. */
  readonly onBackgroundError?: (error: unknown) => void;
}

/** Which database this is, whatever name it is reached by. */
export interface StoreIdentity {
  readonly systemIdentifier: string;
  readonly database: string;
}

/** The platform's store. Nothing connects before it is used; a connection that is lost is made again by the next call. */
export interface Store {
  /**
   * The only way to an entity manager: a fresh one that sees and writes one organization's rows, by row-level security and by
   * the ORM's tenant filter alike. `em.transactional` works on it; `em.execute` is bound as well. One per request or task.
   */
  forOrganization(organizationId: string): EntityManager;
  readonly queue: RunQueue;
  readonly claims: RunClaims;
  readonly changes: ChangeFeed;
  /** To refuse the platform's own database as a data source. */
  identity(): Promise<StoreIdentity>;
  /** Resolves once the database answers under `millrace_app`; throws `DATABASE_UNAVAILABLE`. */
  ping(): Promise<void>;
  /** Stops the queue and the feed, then closes every pool. May be called twice. */
  close(): Promise<void>;
}
