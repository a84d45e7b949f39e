import { createHmac } from "node:crypto";
import { type OpenCluster, SUPERUSER } from "./cluster.ts";
import { EmbeddedDatabases } from "./databases.ts";
import { type Postmaster, stopPostmaster } from "./postmaster.ts";

const PLATFORM_DATABASE = "millrace";

/** A server that runs. */
export class EmbeddedPostgres {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly pid: number;
  /** Where the data is; differs from what was asked for where the server's user could not reach that. */
  readonly dataDir: string;
  readonly logFile: string;
  /** Whether it ran already. */
  readonly isReused: boolean;
  readonly #cluster: OpenCluster;
  readonly #databases: EmbeddedDatabases;
  #stopped: Promise<void> | undefined;

  constructor(cluster: OpenCluster, { pid, port }: Postmaster, isReused: boolean) {
    this.port = port;
    this.pid = pid;
    this.dataDir = cluster.dataDir;
    this.logFile = cluster.logFile;
    this.isReused = isReused;
    this.#cluster = cluster;
    this.#databases = new EmbeddedDatabases((database) => this.superuserUrl(database));
  }

  superuserUrl(database = "postgres"): string {
    return this.#url(SUPERUSER, this.#cluster.password, database);
  }

  /**
   * The database for the platform's store, made if it is not there, owned by a role that is no superuser. The role's password
   * is derived from the superuser's, so it is the same at each start and stored nowhere.
   */
  async platformUrl(): Promise<string> {
    const password = createHmac("sha256", this.#cluster.password).update("millrace platform role").digest("base64url");
    await this.#databases.ensureRole(PLATFORM_DATABASE, password);
    await this.#databases.allowRoleCreation(PLATFORM_DATABASE);
    await this.#databases.ensureDatabase(PLATFORM_DATABASE, PLATFORM_DATABASE);
    return this.#url(PLATFORM_DATABASE, password, PLATFORM_DATABASE);
  }

  /** A role that can log in and nothing more, with this password; made, or its password set. */
  ensureRole(role: string, password: string): Promise<void> {
    return this.#databases.ensureRole(role, password);
  }

  /** Makes the database if it is not there, owned by `owner` and open to no other role. */
  ensureDatabase(database: string, owner: string): Promise<void> {
    return this.#databases.ensureDatabase(database, owner);
  }

  /** Drops the database if it is there and makes it anew, owned by `owner` and open to no other role. */
  recreateDatabase(database: string, owner: string): Promise<void> {
    return this.#databases.recreateDatabase(database, owner);
  }

  /** Ends all sessions, writes a checkpoint and resolves once the server is gone. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= stopPostmaster(this.#cluster, this);
    return this.#stopped;
  }

  #url(role: string, password: string, database: string): string {
    return `postgresql://${role}:${password}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }
}
