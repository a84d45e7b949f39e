import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { BenchCommand } from "./contenders/contender.ts";

export interface Measurement {
  readonly wallSeconds: number;
  /** User and system time of the process and all its descendants; null where the system does not tell (no /proc). */
  readonly cpuSeconds: number | null;
  /** The same of the servers' sessions; null also for servers that this bench did not start. */
  readonly serverCpuSeconds: number | null;
  /** The largest sum of resident memory over the process and its descendants, sampled; null as above. */
  readonly peakRssBytes: number | null;
  /** The last that it wrote. */
  readonly output: string;
}

const SAMPLE_INTERVAL_MS = 50;
/** Linux counts CPU time in USER_HZ, which is 100 on every architecture that Node runs on (proc(5)). */
const TICKS_PER_SECOND = 100;

/** How long a server may take to end the sessions of a client that is gone. */
const SETTLE_MS = 300;

/**
 * Runs the command to its end. `serverPids` are the postmasters that serve it. Throws with what it wrote last when its exit
 * code is another than asked for.
 */
export async function measure(
  { file, args, exitCode = 0 }: BenchCommand,
  serverPids: readonly number[],
): Promise<Measurement> {
  const cpuBefore = readChildCpuSeconds("self");
  const serverCpuBefore = sum(serverPids.map(readChildCpuSeconds));
  const startedAt = performance.now();
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => (output = `${output}${text}`.slice(-4000)));
  let peakRssBytes: number | null = null;
  const sampler = setInterval(() => {
    const rss = child.pid === undefined ? null : readTreeRssBytes(child.pid);
    if (rss !== null) peakRssBytes = Math.max(peakRssBytes ?? 0, rss);
  }, SAMPLE_INTERVAL_MS);
  const [code] = await once(child, "close");
  clearInterval(sampler);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (code !== exitCode) throw new Error(`${file} ended with exit code ${code}:\n${output}`);
  await delay(SETTLE_MS);
  return {
    wallSeconds,
    cpuSeconds: difference(readChildCpuSeconds("self"), cpuBefore),
    serverCpuSeconds: difference(sum(serverPids.map(readChildCpuSeconds)), serverCpuBefore),
    peakRssBytes,
    output,
  };
}

/** The CPU time of all children of the process that have ended, and of theirs: contenders run one after the other. */
function readChildCpuSeconds(pid: number | "self"): number | null {
  const fields = readProc(`${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  // cutime and cstime, fields 16 and 17 of proc_pid_stat(5); the name and the number before it are cut off.
  return fields ? (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND : null;
}

const difference = (after: number | null, before: number | null) =>
  after === null || before === null ? null : after - before;

const sum = (values: readonly (number | null)[]) =>
  values.length === 0 ? null : values.reduce((total, value) => difference(total, value === null ? null : -value), 0);

function readTreeRssBytes(pid: number): number | null {
  const status = readProc(`${pid}/status`);
  if (status === null) return null;
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  const children = readProc(`${pid}/task/${pid}/children`)?.split(" ").filter(Boolean) ?? [];
  return children.reduce((sum, child) => sum + (readTreeRssBytes(Number(child)) ?? 0), own);
}

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return null;
  }
}

/** One line: what it was, how long it took, `ratio` where there is one, and what it needed. */
export function presentMeasurement(what: string, measured: Measurement, ratio?: string): string {
  const { wallSeconds, cpuSeconds, serverCpuSeconds, peakRssBytes } = measured;
  const figure = (value: number | null, unit: string) => (value === null ? "–" : `${value.toFixed(1)} ${unit}`);
  const parts = [
    figure(wallSeconds, "s"),
    ...(ratio === undefined ? [] : [ratio]),
    `CPU ${figure(cpuSeconds, "s")}`,
    `servers ${figure(serverCpuSeconds, "s")}`,
    figure(peakRssBytes && peakRssBytes / 1e6, "MB at most"),
  ];
  return `${what.padEnd(18)} ${parts.join(", ")}`;
}
