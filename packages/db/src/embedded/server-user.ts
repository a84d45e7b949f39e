import { spawnSync } from "node:child_process";
import { chownSync } from "node:fs";
import { embeddedError } from "./embedded-error.ts";

/** The user that PostgreSQL runs as where that is not our own. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, and initdb wants a user that the system knows by name. */
const CANDIDATES = ["postgres", "nobody"];

/** Undefined unless we are root. Throws `EMBEDDED_DATABASE_FAILED` when root has nobody to step down to. */
export function findServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const [uid, gid] = [numberFrom("id", "-u", name), numberFrom("id", "-g", name)];
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw embeddedError(
    'it does not run as root, and there is no user "postgres" or "nobody" to run it as',
    "Start Millrace as a normal user.",
  );
}

/** Whether the server's user may reach the path: each folder above it must let them through. */
export function canReach(path: string, user: ServerUser | undefined): boolean {
  return user === undefined || spawnSync("test", ["-x", path], { ...user, cwd: "/" }).status === 0;
}

export function giveTo(path: string, user: ServerUser | undefined): void {
  if (user) chownSync(path, user.uid, user.gid);
}

function numberFrom(command: string, ...args: string[]): number | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}
