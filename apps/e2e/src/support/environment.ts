import { z } from "zod";

/** The only reader of the environment here. What the global set-up finds out travels to the workers through it. */
const Environment = z.object({
  PLAYWRIGHT_JSON_OUTPUT_FILE: z.string().optional(),
  MILLRACE_JOURNEYS: z.string().optional(),
  MILLRACE_JOURNEYS_SLOW: z.stringbool().optional(),
});

const read = () => Environment.parse(process.env);

/** Where a report for scripts goes; null when only a person reads along. */
export const jsonReportFile = (): string | null => read().PLAYWRIGHT_JSON_OUTPUT_FILE ?? null;

/** Whether the browser and its line to the product are made slow, to find what a journey or a page takes for granted. */
export const isSlow = (): boolean => read().MILLRACE_JOURNEYS_SLOW ?? false;

/** The product under test, as the global set-up started it. */
export const Stage = z.object({
  /** Where it listens. */
  url: z.url(),
  /** The link that its first start printed. */
  setUpUrl: z.url(),
  dataDir: z.string(),
  /** Where the signed-in browser's cookies are kept between journeys. */
  sessionFile: z.string(),
});
export type Stage = z.infer<typeof Stage>;

export function setStage(stage: Stage): void {
  process.env["MILLRACE_JOURNEYS"] = JSON.stringify(stage);
}

export const theStage = (): Stage => Stage.parse(JSON.parse(read().MILLRACE_JOURNEYS ?? "null"));
