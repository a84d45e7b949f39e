import { z } from "zod";
import { Id } from "./ids.ts";

/** The sample shop, for looking around: `isOffered` where Millrace keeps a PostgreSQL of its own that no other organization's sample is in. */
export const SampleState = z.strictObject({ isOffered: z.boolean(), isLoading: z.boolean() });
export type SampleState = z.infer<typeof SampleState>;

/** The sample's pipeline and its run that is under way or was the last. */
export const LoadedSample = z.strictObject({ pipelineId: Id, runId: Id });
export type LoadedSample = z.infer<typeof LoadedSample>;
