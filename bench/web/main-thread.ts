import type { CDPSession, Page } from "@playwright/test";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** What of `dur` the thread had the processor for: on a busy machine the rest says nothing of the page. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** What one task of the page's main thread spent; a frame waits for the task that is under way. */
export interface MainThread {
  readonly taskCount: number;
  /** The longest that one task was computing in scripts and collecting their garbage, ms. */
  readonly longestScriptMs: number;
  /** How many tasks spent more than 50 ms so. */
  readonly slowTaskCount: number;
  /** The longest task with layout and paint, by the clock, ms. */
  readonly longestTaskMs: number;
}

export const SLOW_SCRIPT_MS = 50;

/** Events of the timeline during which a script, or what serves it, holds the thread. */
const SCRIPT = new Set([
  "FunctionCall",
  "EvaluateScript",
  "v8.compile",
  "v8.run",
  "EventDispatch",
  "TimerFire",
  "FireAnimationFrame",
  "FireIdleCallback",
  "RunMicrotasks",
  "MinorGC",
  "MajorGC",
  "V8.GC_MC_BACKGROUND_MARKING",
]);
const TASKS = new Set(["RunTask", "ThreadControllerImpl::RunTask"]);

/** Does something with a page and tells what its main thread was busy with meanwhile. */
export async function traceMainThread(page: Page, work: () => Promise<void>): Promise<MainThread> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      includedCategories: ["devtools.timeline", "toplevel", "v8.execute", "disabled-by-default-devtools.timeline"],
    },
  });
  await work();
  await stopped(session);
  await session.detach();
  return summaryOf(events);
}

async function stopped(session: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
  await session.send("Tracing.end");
  await complete;
}

function summaryOf(events: readonly TraceEvent[]): MainThread {
  const mains = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const isOn = (event: TraceEvent) => mains.some(({ pid, tid }) => pid === event.pid && tid === event.tid);
  const own = events.filter((event) => event.ph === "X" && isOn(event)).toSorted((a, b) => a.ts - b.ts);
  const scripts = own.filter(({ name }) => SCRIPT.has(name));
  const tasks = own.filter(({ name }) => TASKS.has(name));
  const scriptMs: number[] = [];
  let next = 0;
  for (const task of tasks) {
    const end = task.ts + (task.dur ?? 0);
    let covered = task.ts;
    let total = 0;
    for (; next < scripts.length && (scripts[next]?.ts ?? 0) < end; next += 1) {
      const script = scripts[next];
      if (!script || script.pid !== task.pid) continue;
      // What stands inside of another is counted with it.
      if (script.ts < covered) continue;
      total += script.tdur ?? script.dur ?? 0;
      covered = script.ts + (script.dur ?? 0);
    }
    scriptMs.push(total / 1000);
  }
  return {
    taskCount: tasks.length,
    longestScriptMs: Math.max(0, ...scriptMs),
    slowTaskCount: scriptMs.filter((ms) => ms > SLOW_SCRIPT_MS).length,
    longestTaskMs: Math.max(0, ...tasks.map(({ dur = 0 }) => dur / 1000)),
  };
}
