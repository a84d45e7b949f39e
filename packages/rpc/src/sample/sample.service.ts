import { AppError, type LoadedSample, type SampleState } from "@millrace/shared";
import type { Scope } from "../context.ts";

const NOT_OFFERED: SampleState = { isOffered: false, isLoading: false };

export const sampleState = ({ platform, actor }: Scope): SampleState =>
  platform.sample?.stateFor(actor.organizationId) ?? NOT_OFFERED;

/** Throws `UNSUPPORTED` where it is not offered. */
export async function loadSample(scope: Scope): Promise<LoadedSample> {
  const { platform, actor, audit } = scope;
  if (platform.sample === null || !sampleState(scope).isOffered) {
    throw new AppError("UNSUPPORTED", {
      params: {
        what: "Loading the sample here",
        instead: "It needs Millrace's own PostgreSQL, and goes to one organization. Connect a database of yours.",
      },
    });
  }
  const loaded = await platform.sample.load(platform, actor);
  audit.record({
    subjectType: "sample",
    subjectId: loaded.pipelineId,
    subjectName: "Sample",
    pipelineId: loaded.pipelineId,
  });
  return loaded;
}
