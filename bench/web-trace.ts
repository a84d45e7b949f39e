import { z } from "zod";

/** What kept the page's main thread busy without a break. */
export interface Task {
  readonly durationMs: number;
  /** The part of it in which scripts ran. */
  readonly scriptingMs: number;
}

const TraceEvent = z.object({
  name: z.string(),
  ph: z.string(),
  /** On the processor, in microseconds. */
  tts: z.number().optional(),
  tdur: z.number().optional(),
  pid: z.number(),
  tid: z.number(),
  args: z.object({ name: z.string().optional() }).loose().optional(),
});
type TraceEvent = z.infer<typeof TraceEvent>;

const TASK_NAMES = new Set(["RunTask", "ThreadControllerImpl::RunTask"]);
/** Where the engine runs scripts; nested ones are counted once. */
const SCRIPT_NAMES = new Set([
  "FunctionCall",
  "EvaluateScript",
  "RunMicrotasks",
  "v8.callFunction",
  "FireAnimationFrame",
]);

/** The tasks of the busiest renderer's main thread, in a trace as Chromium writes it. */
export function scriptingOf(trace: Buffer): Task[] {
  const { traceEvents } = z.object({ traceEvents: z.array(TraceEvent) }).parse(JSON.parse(trace.toString("utf8")));
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const timed = traceEvents.filter(({ ph, pid, tid }) => ph === "X" && mains.has(`${pid} ${tid}`));
  const threads = Map.groupBy(timed, ({ pid, tid }) => `${pid} ${tid}`);
  return [...threads.values()].flatMap((events) => {
    const scripts = events.filter(({ name }) => SCRIPT_NAMES.has(name)).map(spanOf);
    return events
      .filter(({ name }) => TASK_NAMES.has(name))
      .map((event) => {
        const [start, end] = spanOf(event);
        const inside = scripts.filter(([from, to]) => from >= start && to <= end);
        return { durationMs: (end - start) / 1000, scriptingMs: covered(inside) / 1000 };
      });
  });
}

const spanOf = ({ tts = 0, tdur = 0 }: TraceEvent): [number, number] => [tts, tts + tdur];

/** How much the spans cover together. */
function covered(spans: readonly (readonly [number, number])[]): number {
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return total;
}
