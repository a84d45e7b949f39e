import { migrateStore } from "@millrace/db";
import { AppError } from "@millrace/shared";
import type { SampleLoader } from "@millrace/rpc";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { buildApp } from "./app.ts";
import type { Environment } from "./env.ts";
import { createLogger, SecretRegister } from "./logging.ts";
import { closePlatform, openPlatform } from "./platform.ts";
import { builtWebRoot } from "./plugins/web-app.ts";

/** The environment, where database and key have been decided by whoever starts the API. */
export interface ApiOptions extends Pick<
  Environment,
  "port" | "host" | "publicUrl" | "trustedProxies" | "admin" | "allowPrivateNetworks" | "logLevel"
> {
  readonly databaseUrl: string;
  readonly secretKey: string;
  /** Default: one of its own on standard output. */
  readonly logger?: Logger;
  /** Secrets that the given logger blots out; left out together with it. */
  readonly secrets?: SecretRegister;
  /** Makes the sample on demand; left out where there is no server to make it in. */
  readonly sample?: SampleLoader;
  /** Default: where apps/web builds to. Null serves no web app. */
  readonly webRoot?: string | null;
}

export interface RunningApi {
  /** Where it listens, by a name that a browser on this machine can open; the public URL where one is set. */
  readonly url: string;
  /** The one-time link to make the first account; null when there is one. Shown to whoever started Millrace, and never logged. */
  readonly setUpUrl: string | null;
  /** Stops taking requests, ends live streams, answers what is under way within five seconds, closes the database. Twice is fine. */
  stop(): Promise<void>;
}

/** The name of the organization that an unattended first start makes; its owner can rename it. */
const FIRST_ORGANIZATION = "My organization";

/** Migrates the store, makes the first account or its link, and listens. Signals are the caller's to catch. */
export async function runApi(options: ApiOptions): Promise<RunningApi> {
  const { databaseUrl, secretKey, publicUrl, admin, port, host } = options;
  const secrets = options.secrets ?? new SecretRegister();
  for (const secret of [secretKey, admin?.password, passwordIn(databaseUrl)]) if (secret) secrets.add(secret);
  const logger = options.logger ?? createLogger({ level: options.logLevel, secrets });
  await migrateStore(databaseUrl);
  const platform = await openPlatform({ ...options, rememberSecret: (secret) => secrets.add(secret) });
  try {
    if (admin) {
      await platform.accounts.ensureFirstAccount({
        ...admin,
        name: nameIn(admin.email),
        organizationName: FIRST_ORGANIZATION,
      });
    }
    const app = await buildApp({
      platform,
      logger,
      webRoot: options.webRoot === undefined ? builtWebRoot() : options.webRoot,
      publicUrl,
      trustedProxies: options.trustedProxies,
    });
    await listen(app, { port, host });
    const url = publicUrl ?? `http://localhost:${portOf(app.server.address()) ?? port}`;
    const token = await platform.accounts.issueSetUpToken();
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      await app.close();
      await closePlatform(platform);
    };
    return { url, setUpUrl: token && `${url}/setup?token=${token}`, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await closePlatform(platform);
    throw error;
  }
}

async function listen(app: FastifyInstance, address: { port: number; host: string }): Promise<void> {
  try {
    await app.listen(address);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    throw isTaken ? new AppError("PORT_IN_USE", { params: { port: address.port }, cause: error }) : error;
  }
}

const portOf = (address: string | { port: number } | null): number | undefined =>
  typeof address === "object" ? address?.port : undefined;

const passwordIn = (url: string): string => decodeURIComponent(new URL(url).password);

const nameIn = (email: string): string => email.split("@", 1)[0] ?? email;
