import { Id, AppError } from "@millrace/shared";
import type { EntityManager, MikroORM } from "@mikro-orm/postgresql";
import { Pool } from "pg";
import { ListenFeed } from "./changes/listen-feed.ts";
import { LEASE_SECONDS, PgRunClaims } from "./claims/pg-run-claims.ts";
import { isConnectionFailure } from "./connection-failure.ts";
import { connectionConfig } from "./connection.ts";
import { APP_ROLE, ORGANIZATION_VARIABLE, WORKER_ROLE } from "./entities/tenancy.ts";
import { createOrm } from "./orm.ts";
import { dropBrokenClients } from "./pool.ts";
import { PgBossRunQueue } from "./queue/pg-boss-run-queue.ts";
import type { Store, StoreIdentity, StoreOptions } from "./store.ts";

const DEFAULT_POOL_SIZE = 10;
/** Claims are short: one that fires schedules and one for the rest. */
const CLAIMS_POOL_SIZE = 2;
/** Shorter than a lease, so a run is free to be taken once its lease has ended. No transaction of ours waits for anything else. */
const MAX_IDLE_IN_TRANSACTION_SECONDS = 10;

/** The store on the database of the URL, which `migrateStore` has brought up to date. Nothing connects before it is used. */
export const openStore = (options: StoreOptions): Store => new PgStore(options);

class PgStore implements Store {
  readonly queue: PgBossRunQueue;
  readonly claims: PgRunClaims;
  readonly changes: ListenFeed;
  readonly #orm: MikroORM;
  readonly #claimsPool: Pool;
  #identity: StoreIdentity | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: StoreOptions) {
    const { databaseUrl, applicationName, poolSize = DEFAULT_POOL_SIZE, leaseSeconds = LEASE_SECONDS } = options;
    const onError = options.onBackgroundError ?? (() => {});
    const idleInTransactionMs = Math.min(MAX_IDLE_IN_TRANSACTION_SECONDS, leaseSeconds) * 1000;
    const settings = { databaseUrl, applicationName, idleInTransactionMs };
    this.#orm = createOrm({ ...settings, role: APP_ROLE, poolSize, onError });
    this.#claimsPool = new Pool({ ...connectionConfig({ ...settings, role: WORKER_ROLE }), max: CLAIMS_POOL_SIZE });
    dropBrokenClients(this.#claimsPool, onError);
    this.queue = new PgBossRunQueue({ ...settings, onError });
    this.claims = new PgRunClaims(this.#claimsPool, this.queue, leaseSeconds);
    this.changes = new ListenFeed({ ...settings, role: APP_ROLE });
  }

  forOrganization(organizationId: string): EntityManager {
    const id = Id.parse(organizationId);
    const em = this.#orm.em.fork({ session: { variables: { [ORGANIZATION_VARIABLE]: id } } });
    em.setFilterParams("tenant", { organizationId: id });
    return em;
  }

  async identity(): Promise<StoreIdentity> {
    if (this.#identity) return this.#identity;
    const { rows } = await this.#claimsPool.query<StoreIdentity>(
      `select system_identifier::text as "systemIdentifier", current_database() as database from pg_control_system()`,
    );
    const [identity] = rows;
    if (!identity) throw new AppError("DATABASE_UNAVAILABLE");
    this.#identity = identity;
    return identity;
  }

  async ping(): Promise<void> {
    try {
      await this.#orm.em.fork().execute("select 1");
    } catch (cause) {
      throw isConnectionFailure(cause) ? new AppError("DATABASE_UNAVAILABLE", { cause }) : cause;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([this.changes.close(), this.queue.stop().then(() => this.queue.close())]);
    await Promise.all([this.#orm.close(true), this.#claimsPool.end()]);
  }
}
