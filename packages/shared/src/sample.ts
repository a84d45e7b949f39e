import { z } from "zod";
import { Id } from "./ids.ts";

/** The sample's pipeline and its run that is under way or was the last. */
export const LoadedSample = z.strictObject({ pipelineId: Id, runId: Id });
export type LoadedSample = z.infer<typeof LoadedSample>;

/** The sample shop, for looking around: absent -> being made -> loaded, or failed, and then it can be asked for again. */
export const SampleState = z.strictObject({
  /** Where Millrace keeps a PostgreSQL of its own that no other organization's sample is in. */
  isOffered: z.boolean(),
  isLoading: z.boolean(),
  /** What was made since Millrace was started. */
  loaded: LoadedSample.nullable(),
  /** Why the last attempt failed. */
  failure: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
});
export type SampleState = z.infer<typeof SampleState>;
