import { AppError, type SampleState } from "@millrace/shared";
import type { Scope } from "../context.ts";

const NOT_OFFERED: SampleState = { isOffered: false, isLoading: false, loaded: null, failure: null };

export const sampleState = ({ platform, actor }: Pick<Scope, "platform" | "actor">): SampleState =>
  platform.sample?.stateFor(actor.organizationId) ?? NOT_OFFERED;

/** Begins, and tells the state right after. Throws `UNSUPPORTED` where it is not offered. */
export function loadSample(scope: Scope): SampleState {
  const { platform, actor, audit } = scope;
  if (platform.sample === null || !sampleState(scope).isOffered) {
    throw new AppError("UNSUPPORTED", {
      params: {
        what: "Loading the sample here",
        instead: "It needs Millrace's own PostgreSQL, and goes to one organization. Connect a database of yours.",
      },
    });
  }
  platform.sample.start(platform, actor);
  audit.record({ subjectType: "sample", subjectId: null, subjectName: "Sample" });
  return sampleState(scope);
}
