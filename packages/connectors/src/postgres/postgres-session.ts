import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseIdentity, OpenOptions, Side } from "@millrace/engine";
import { AppError, type ErrorCode } from "@millrace/shared";
import type pg from "pg";
import type { Socket } from "node:net";
import { requestCancel } from "./postgres-cancel.ts";
import type { PostgresConfig } from "./postgres-config.ts";
import { connectClient, type PostgresLink, type Reached } from "./postgres-connect.ts";
import { toConnectorError } from "./postgres-errors.ts";
import { lockHolder, type PeerState, peerState, watchPeer } from "./postgres-watch.ts";

/**
 * One session of one server. Statements run one at a time, in the order in which they are asked for.
 *
 * Values come as the server's own text, `json`, arrays, `int8`, `numeric` and times included, so nothing is rounded or
 * shifted on its way through JavaScript. Only `bool` is a boolean and `int2` and `int4` are numbers.
 */
export interface PostgresSession {
  /** For what streams: COPY through `CopyOut` and `CopyIn`. Its errors are the driver's, so pass them through `toError`. */
  readonly client: pg.Client;
  readonly side: Side;
  /** Of the server's process. */
  readonly pid: number;
  /** `server_version_num`, for example 150018. */
  readonly serverVersion: number;
  /** Null where the user may not know. */
  readonly identity: DatabaseIdentity | null;
  /** The host and port that were asked for, and the address that answered. */
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** How what travels is protected: `verified` when the server has proved that it is the host. */
  readonly encryption: PostgresLink["encryption"];
  /**
   * Set while a COPY feeds the server, which then rightly waits for bytes. Otherwise a server that waits while a statement is
   * under way has not heard it.
   */
  isFeeding: boolean;
  /** The rows of one statement. Throws an `AppError` only. */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** As `query`, for a text that a query of a user's own is part of: the server refuses it where it holds a second statement. */
  queryOne<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /**
   * Runs the work. Once the signal aborts, the running statement is cancelled at the server, over a connection of its own and
   * again until the work settles; when it has rejected, this rejects with `RUN_CANCELLED`. Work that was done all the same
   * keeps its result, so a commit that went through is never reported as cancelled. A server that does not settle within
   * five seconds loses the connection, and so does one that fell silent and, asked over another connection, does not do what
   * was asked of it. With a signal that has aborted already the work is not started. Whatever else the work
   * rejects with passes as it is.
   */
  abortable<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
  /** For work outside of `abortable`: a peer that falls silent loses the connection, until the signal aborts. */
  watch(until: AbortSignal): void;
  /** Any error as one of the table, with this session's side. */
  toError(error: unknown, table?: string): AppError;
  /** Another session with the same settings, for example to look at a position after the reply to a COMMIT was lost. */
  reopen(signal: AbortSignal): Promise<PostgresSession>;
  /** Ends the session and with it what runs and what is uncommitted. Never throws, may be called twice, takes at most 2 s. */
  close(): Promise<void>;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const OLDEST_VERSION = 130_000;
/** A statement that was asked to stop and one more second to see the connection gone. */
const CANCEL_PATIENCE_MS = 5_000;
const CANCEL_INTERVAL_MS = 500;
const CLOSE_PATIENCE_MS = 2_000;

/**
 * What every value's text depends on, so that both ends write and read the same, and the limits of a session that may copy
 * for hours. Read through `pg_settings`, so a server that lacks one or does not let the user set it is not in the way.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: "UTF8",
  DateStyle: "ISO",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "3",
  bytea_output: "hex",
  xmlbinary: "base64",
  lc_monetary: "C",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  lock_timeout: "30s",
  // Compiling takes longer than the catalog queries and gains nothing in a copy.
  jit: "off",
};

const PREPARE_SESSION = `
  select current_setting('server_version_num')::int4 as version,
         current_database() as database,
         pg_backend_pid() as pid,
         has_function_privilege('pg_catalog.pg_control_system()', 'execute') as may_identify,
         (select count(set_config(s.name, v.value, false))
            from json_each_text($1) v(name, value)
            join pg_catalog.pg_settings s on lower(s.name) = lower(v.name)
           where s.context = 'user' or (s.context = 'superuser' and current_setting('is_superuser') = 'on')) as settings`;

/** How long another connection may take to be made and answer. */
const ASK_PATIENCE_MS = 5_000;
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set([
  "CONNECTION_REFUSED",
  "CONNECTION_LOST",
  "CONNECTION_TIMEOUT",
  "RUN_CANCELLED",
  "HOST_NOT_FOUND",
]);

export interface SessionOptions extends OpenOptions {
  /** Called as soon as the server was reached, before it is asked to sign anybody in. */
  readonly onReached?: (reached: Reached) => void;
}

/**
 * Connects, authenticates and prepares a session. Throws what `toConnectorError` maps to, `HOST_FORBIDDEN`, `HOST_NOT_FOUND`,
 * `CONNECTION_TIMEOUT` when all of it takes longer than `connectTimeoutMs`, `RUN_CANCELLED` once the signal aborts,
 * `SERVER_VERSION_UNSUPPORTED`, and `PLATFORM_DATABASE_REFUSED` for a database of the `refuse` list.
 */
export async function openSession(config: PostgresConfig, options: SessionOptions): Promise<PostgresSession> {
  const { side, signal } = options;
  const timeout = AbortSignal.timeout(options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS);
  const limit = AbortSignal.any([signal, timeout]);
  let session: Session | undefined;
  try {
    const link = await connectClient(config, {
      side,
      signal: limit,
      deadlineAt: performance.now() + (options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS),
      allowPrivateNetworks: options.allowPrivateNetworks ?? true,
      onReached: options.onReached,
    });
    session = new Session(link, config, options);
    const opened = session;
    await opened.abortable(limit, () => opened.prepare());
    return opened;
  } catch (error) {
    await session?.close();
    if (signal.aborted) throw new AppError("RUN_CANCELLED", { cause: error });
    if (timeout.aborted) throw new AppError("CONNECTION_TIMEOUT", { params: { side }, cause: error });
    throw toConnectorError(error, { side });
  }
}

class Session implements PostgresSession {
  readonly client: pg.Client;
  readonly side: Side;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly encryption: PostgresLink["encryption"];
  serverVersion = 0;
  identity: DatabaseIdentity | null = null;
  isFeeding = false;
  pid = 0;
  readonly #link: PostgresLink;
  readonly #config: PostgresConfig;
  readonly #options: OpenOptions;
  /** Who was seen to hold a lock that the last statement waited for. */
  #lockHolder: string | null = null;
  #closed: Promise<void> | undefined;

  constructor(link: PostgresLink, config: PostgresConfig, options: OpenOptions) {
    this.#link = link;
    this.#config = config;
    this.#options = options;
    this.client = link.client;
    this.side = options.side;
    this.host = config.host;
    this.port = link.port;
    this.address = link.address;
    this.encryption = link.encryption;
  }

  async prepare(): Promise<void> {
    const [server] = await this.query<{ version: number; database: string; pid: number; may_identify: boolean }>(
      PREPARE_SESSION,
      [JSON.stringify(SETTINGS)],
    );
    if (!server) throw new AppError("CONNECTION_LOST", { params: { side: this.side } });
    const { side } = this;
    this.serverVersion = server.version;
    this.pid = server.pid;
    if (server.version < OLDEST_VERSION) {
      throw new AppError("SERVER_VERSION_UNSUPPORTED", { params: { side, version: formatVersion(server.version) } });
    }
    if (server.may_identify) {
      const [control] = await this.query<{ id: string }>("select system_identifier as id from pg_control_system()");
      if (control) this.identity = { systemIdentifier: control.id, database: server.database };
    }
    const { identity } = this;
    const isRefused = this.#options.refuse?.some(
      ({ systemIdentifier, database }) =>
        systemIdentifier === identity?.systemIdentifier && database === identity.database,
    );
    if (isRefused) throw new AppError("PLATFORM_DATABASE_REFUSED", { params: { side } });
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.client.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw this.toError(error);
    }
  }

  async queryOne<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    try {
      // Without values the driver uses the simple protocol, which takes any number of statements, unless it is told.
      const one = { text, queryMode: "extended" };
      return (await this.client.query<Row>(one)).rows;
    } catch (error) {
      throw this.toError(error);
    }
  }

  async abortable<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    const settled = new AbortController();
    const { promise: abandoned, reject: abandon } = Promise.withResolvers<never>();
    let cancelling: Promise<void> | undefined;
    const cancel = async () => {
      await this.#cancelUntil(settled.signal);
      if (!settled.signal.aborted) abandon(new AppError("RUN_CANCELLED"));
    };
    const onAbort = () => {
      cancelling = cancel();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.watch(settled.signal);
    const running = (async () => work())().finally(() => settled.abort());
    try {
      return await Promise.race([running, abandoned]);
    } catch (error) {
      throw signal.aborted ? new AppError("RUN_CANCELLED", { cause: error }) : error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      // A cancel request that is still under way could hit the caller's next statement.
      await cancelling;
    }
  }

  watch(until: AbortSignal): void {
    const watched = {
      socket: () => this.client.connection.stream as Socket,
      expectsReply: () => !this.isFeeding,
      ask: () => this.#askServer(),
      onLost: () => this.#link.destroy(),
    };
    void watchPeer(watched, until);
  }

  /** What the server says over another connection that this session does. */
  async #askServer(): Promise<PeerState> {
    try {
      const other = await this.reopen(AbortSignal.timeout(ASK_PATIENCE_MS));
      try {
        const state = await peerState(other, this.pid);
        if (state === "working") this.#lockHolder = await lockHolder(other, this.pid);
        return state;
      } finally {
        await other.close();
      }
    } catch (error) {
      // A server that has no connection left, or a password that was changed meanwhile, says nothing about this session.
      return UNREACHABLE.has(toConnectorError(error, { side: this.side }).code) ? "unreachable" : "working";
    }
  }

  /** Resolves once the work has settled, or the connection is gone and it has had a second to notice. */
  async #cancelUntil(settled: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + CANCEL_PATIENCE_MS;
    while (!settled.aborted && performance.now() < giveUpAt) {
      await requestCancel(this.#link);
      // Between two statements of the work there is nothing to cancel, so it is asked again.
      await pause(CANCEL_INTERVAL_MS, settled);
    }
    if (settled.aborted) return;
    this.#link.destroy();
    await pause(1_000, settled);
  }

  toError(error: unknown, table?: string): AppError {
    const { side } = this;
    const lockedBy = this.#lockHolder ?? undefined;
    return toConnectorError(error, { side, ...(table === undefined ? {} : { table }), ...(lockedBy && { lockedBy }) });
  }

  reopen(signal: AbortSignal): Promise<PostgresSession> {
    return openSession(this.#config, { ...this.#options, signal });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new AbortController();
    const patience = pause(CLOSE_PATIENCE_MS, closed.signal);
    const end = async () => {
      // A server that works notices the end of a connection only when it has something to say.
      if (isBusy(this.client)) await requestCancel(this.#link);
      await this.client.end();
    };
    await Promise.race([end().catch(() => {}), patience]);
    closed.abort();
    this.#link.destroy();
  }
}

/** Waits, or less once the signal aborts. */
const pause = (timeoutMs: number, signal: AbortSignal): Promise<void> =>
  delay(timeoutMs, undefined, { signal, ref: false }).catch(() => {});

/** Whether a statement is under way. The driver keeps it in a field that its types leave out. */
const isBusy = (client: pg.Client): boolean =>
  (client as unknown as { readonly readyForQuery?: boolean }).readyForQuery === false;

/** `server_version_num` as people write it: 15.18, and 9.6.24 for the numbers before 10. */
export function formatVersion(serverVersion: number): string {
  const major = Math.floor(serverVersion / 10_000);
  if (major >= 10) return `${major}.${serverVersion % 10_000}`;
  return `${major}.${Math.floor(serverVersion / 100) % 100}.${serverVersion % 100}`;
}
