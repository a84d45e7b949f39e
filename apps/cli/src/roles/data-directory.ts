import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@millrace/shared";

const KEY_FILE = "secret-key";
const PID_FILE = "millrace.pid";
const KEY_BYTES = 32;

/** The embedded mode's own folder: database, secret key, marks. One process uses it at a time. */
export class DataDirectory {
  readonly path: string;
  readonly #pidFile: string;

  /** Makes the folder, which others can pass through (the server may run as another user) but not list. Throws `CONFIGURATION_INVALID` while another process uses it. */
  constructor(path: string) {
    this.path = path;
    this.#pidFile = join(path, PID_FILE);
    mkdirSync(path, { recursive: true, mode: 0o711 });
    const owner = this.#owner();
    if (owner !== null) {
      throw new AppError("CONFIGURATION_INVALID", {
        params: { issues: `the data directory ${path} is in use by process ${owner}` },
      });
    }
    writeFileSync(this.#pidFile, `${process.pid}\n`);
  }

  /** The key that passwords are encrypted with: made at the first start, mode 0600. */
  secretKey(): string {
    const file = join(this.path, KEY_FILE);
    const key = read(file);
    if (key !== null) return key.trim();
    const made = randomBytes(KEY_BYTES).toString("hex");
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(file, 0o600);
    return made;
  }

  release(): void {
    rmSync(this.#pidFile, { force: true });
  }

  /** A number left by a process that was killed belongs to nobody, or, in a container, to this process itself. */
  #owner(): number | null {
    const pid = Number(read(this.#pidFile) ?? NaN);
    if (!Number.isInteger(pid) || pid === process.pid) return null;
    try {
      process.kill(pid, 0);
      return pid;
    } catch (error) {
      // Alive, but somebody else's.
      return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : null;
    }
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
