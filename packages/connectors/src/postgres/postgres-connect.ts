import { isIP, Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { AppError } from "@millrace/shared";
import { Client, type ClientConfig } from "pg";
import { type EgressRules, resolveHost } from "../egress-guard.ts";
import type { PostgresConfig } from "./postgres-config.ts";
import { toConnectorError } from "./postgres-errors.ts";
import { guardPassword, MAX_SCRAM_ITERATIONS } from "./postgres-password.ts";

/** A driver's client that has signed in, and what is needed to reach the same server again. */
export interface PostgresLink {
  readonly client: Client;
  /** The address that was checked and connected to. */
  readonly address: string;
  readonly port: number;
  /** What TLS is negotiated with; false where nothing is encrypted. */
  readonly tls: ConnectionOptions | false;
  readonly encryption: "none" | "unverified" | "verified";
  /** Cuts the connection. What is pending on it fails. */
  destroy(): void;
}

/** How the server was reached, known before it has been asked to sign anybody in. */
export type Reached = Pick<PostgresLink, "address" | "encryption">;

export interface ConnectOptions extends EgressRules {
  readonly signal: AbortSignal;
  /** Called once a PostgreSQL server has answered and what travels is protected as it will be. */
  readonly onReached?: ((reached: Reached) => void) | undefined;
  /** On the clock of `performance.now()`. */
  readonly deadlineAt: number;
}

/**
 * Resolves the host under the address guard and connects to its addresses in their order until one answers. Throws an
 * `AppError` of the table; whatever is not PostgreSQL and whatever hangs up is `CONNECTION_REFUSED`, like a closed port.
 */
export async function connectClient(config: PostgresConfig, options: ConnectOptions): Promise<PostgresLink> {
  const { signal, side, deadlineAt } = options;
  const addresses = await abortedOr(signal, resolveHost(config.host, options));
  let failure: AppError | undefined;
  for (const [index, address] of addresses.entries()) {
    // Each address has its share of the time, so one that swallows packets does not use up that of the next.
    const share = Math.max(1, (deadlineAt - performance.now()) / (addresses.length - index));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(share))]);
    try {
      return await connectAddress(config, address, { ...options, signal: limit });
    } catch (error) {
      signal.throwIfAborted();
      failure = limit.aborted
        ? new AppError("CONNECTION_TIMEOUT", { params: { side }, cause: error })
        : whileConnecting(toConnectorError(error, { side }));
      if (failure.code !== "CONNECTION_REFUSED" && failure.code !== "CONNECTION_TIMEOUT") throw failure;
    }
  }
  throw failure ?? new AppError("HOST_NOT_FOUND", { params: { side } });
}

function whileConnecting(error: AppError): AppError {
  if (error.code !== "CONNECTION_LOST") return error;
  return new AppError("CONNECTION_REFUSED", { params: error.params, cause: error.cause });
}

/** `prefer` goes on without TLS only where the server says itself that it has none. */
async function connectAddress(config: PostgresConfig, address: string, options: ConnectOptions): Promise<PostgresLink> {
  const tls = tlsOptions(config);
  try {
    return await signIn(config, address, tls, options);
  } catch (error) {
    if (config.sslmode !== "prefer" || !isTlsMissing(error)) throw error;
    return await signIn(config, address, false, options);
  }
}

/** The driver's own sentence, since it gives no code: https://github.com/brianc/node-postgres `lib/connection.js`. */
const isTlsMissing = (error: unknown): boolean =>
  error instanceof Error && error.message === "The server does not support SSL connections";

function tlsOptions({ sslmode, sslRootCert, host }: PostgresConfig): ConnectionOptions | false {
  if (sslmode === "disable") return false;
  // The connection goes to a checked address; the name is still the one that the server is asked for and must prove.
  const name = host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const peer: ConnectionOptions = isIP(name) ? { host: name } : { servername: name };
  if (sslmode !== "verify-full") return { ...peer, rejectUnauthorized: false };
  return { ...peer, rejectUnauthorized: true, ...(sslRootCert === undefined ? {} : { ca: sslRootCert }) };
}

async function signIn(
  config: PostgresConfig,
  address: string,
  tls: ConnectionOptions | false,
  { side, signal, onReached }: ConnectOptions,
): Promise<PostgresLink> {
  signal.throwIfAborted();
  const socket = new Socket();
  const encryption = tls === false ? "none" : tls.rejectUnauthorized ? "verified" : "unverified";
  const password = guardPassword(config.password, encryption === "verified", side);
  // The driver's types leave out the limit of SCRAM's rounds.
  const settings: ClientConfig & { scramMaxIterations: number } = {
    host: address,
    port: config.port,
    database: config.database,
    user: config.username,
    // A function, since the driver would look up a missing password in this process's environment and home.
    password: password.read,
    ssl: tls,
    sslnegotiation: "postgres",
    stream: () => socket,
    application_name: "millrace",
    keepAlive: true,
    // A server that vanished without a word is noticed after 10 s and ten probes, one a second.
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: textParser as NonNullable<ClientConfig["types"]>["getTypeParser"] },
    scramMaxIterations: MAX_SCRAM_ITERATIONS,
  };
  const client = new Client(settings);
  // Nor may PGOPTIONS and PGREPLICATION of this process decide about sessions of others.
  Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, {
    options: undefined,
    replication: undefined,
  });
  // Statements report a lost connection themselves; between statements the next one does.
  client.on("error", () => {});
  password.watch(client);
  // The driver would take what another protocol says for the length of a message and wait for the rest of it.
  if (tls === false) {
    const refusal = new AppError("CONNECTION_REFUSED", { params: { side } });
    socket.once("data", (bytes: Buffer) => {
      if (isGreeting(bytes)) onReached?.({ address, encryption });
      else socket.destroy(refusal);
    });
  }
  client.connection.once("sslconnect", () => {
    // The driver has put a TLS socket in the place of the plain one, and asks to be signed in once it is secure.
    client.connection.stream.once("secureConnect", () => onReached?.({ address, encryption }));
  });
  const destroy = () => {
    client.connection.stream.destroy();
    socket.destroy();
  };
  try {
    await abortedOr(signal, client.connect());
    return { client, address, port: config.port, tls, encryption, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** What a server may answer a startup packet with: a request to authenticate, an error, a notice, another protocol version. */
const isGreeting = (bytes: Buffer): boolean => "RENv".includes(bytes.toString("latin1", 0, 1));

const BOOL = 16;
const INT2 = 21;
const INT4 = 23;

/** Everything stays text but what JavaScript holds without a loss and everybody expects. */
function textParser(type: number): (text: string) => unknown {
  if (type === BOOL) return (text) => text === "t";
  if (type === INT2 || type === INT4) return Number;
  return (text) => text;
}

/** The promise, or the signal's reason as soon as it aborts; the promise's own end is then nobody's concern. */
function abortedOr<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", onAbort));
}
