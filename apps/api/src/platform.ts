import { openStore, SecretBox } from "@millrace/db";
import {
  AccessLog,
  AttemptLimiter,
  ConcurrencyLimiter,
  openAccounts,
  type Platform,
  StreamLimiter,
  systemClock,
} from "@millrace/rpc";

export interface PlatformOptions {
  /** Migrated already, by `migrateStore`. */
  readonly databaseUrl: string;
  readonly secretKey: string;
  readonly publicUrl: string | null;
  readonly allowPrivateNetworks: boolean;
  readonly rememberSecret: (secret: string) => void;
  /** Default: none is offered. */
  readonly sample?: Platform["sample"];
  readonly clock?: Platform["clock"];
}

const EXPLORE_TIMEOUT_MS = 10_000;
/** Ten connection tests a minute by one user (security.md S3). */
const CONNECTION_TESTS = { attempts: 10, windowMs: 60_000 };
/** A page asks for tables, columns, rows and a plan at once; a plan opens two connections. */
const LOOKS_AT_ONCE = 4;

/** Opens what all requests share. `closePlatform` is the reverse. */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  const {
    databaseUrl,
    secretKey,
    publicUrl,
    allowPrivateNetworks,
    rememberSecret,
    sample = null,
    clock = systemClock,
  } = options;
  const secrets = new SecretBox(secretKey);
  const accounts = await openAccounts({ databaseUrl, secretKey, publicUrl, clock });
  const store = openStore({ databaseUrl, applicationName: "millrace api" });
  return {
    store,
    accounts,
    access: new AccessLog({ store, accounts, clock }),
    secrets,
    clock,
    egress: { allowPrivateNetworks, timeoutMs: EXPLORE_TIMEOUT_MS },
    connectionTests: new AttemptLimiter({ ...CONNECTION_TESTS, clock }),
    looks: new ConcurrencyLimiter(LOOKS_AT_ONCE),
    streams: new StreamLimiter(),
    sample,
    rememberSecret,
  };
}

export async function closePlatform({ store, accounts, access }: Platform): Promise<void> {
  await access.settled();
  await Promise.all([store.close(), accounts.close()]);
}
