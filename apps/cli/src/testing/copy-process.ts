import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../main.ts");

export interface CopyTableJson {
  readonly table: string;
  readonly rows_read: number;
  readonly rows_written: number;
  readonly rows_quarantined: number;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly verified: boolean | null;
  readonly source_digest: string | null;
  readonly destination_digest: string | null;
  readonly wire_format: string | null;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly found?: Readonly<Record<string, unknown>>;
}

export interface CopyJson {
  readonly status: string;
  readonly tables: readonly CopyTableJson[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

export interface CopyEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `millrace copy …` as users start it, under way. */
export function startCopy(...args: readonly string[]): { kill(signal: NodeJS.Signals): void; ended: Promise<CopyEnd> } {
  const child = spawn(process.execPath, [MAIN, "copy", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout, stderr }));
  return { kill: (signal) => void child.kill(signal), ended };
}

/** The same, to its end. */
export const runCopyProcess = (...args: readonly string[]): Promise<CopyEnd> => startCopy(...args).ended;

/** With `--json`; what standard output holds must be one object and nothing else. */
export async function copyAsJson(
  ...args: readonly string[]
): Promise<{ exitCode: number | null; report: CopyJson; stderr: string }> {
  const { exitCode, stdout, stderr } = await runCopyProcess(...args, "--json");
  return { exitCode, report: JSON.parse(stdout) as CopyJson, stderr };
}
