import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";

export interface SmallDisk {
  readonly tablespace: string;
  /** The databases must be rid of what they have in the tablespace before. */
  close(): Promise<void>;
}

/**
 * A tablespace on a disk of 24 MB, made by the superuser `client`; null where this process may not mount one, with a line that
 * says what it needs.
 */
export async function openSmallDisk(client: pg.Client): Promise<SmallDisk | null> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    process.stderr.write("skipped: a disk that is full needs root and the right to mount a tmpfs\n");
    return null;
  }
  const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
  const { uid, gid } = statSync(rows[0]?.folder ?? "/");
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
  const tablespace = `small_${Date.now().toString(36)}`;
  await client.query(`create tablespace ${tablespace} location '${folder}'`);
  return {
    tablespace,
    close: async () => {
      await client.query(`drop tablespace ${tablespace}`);
      execFileSync("umount", [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
