import { keepPreviousData } from "@tanstack/react-query";
import { DEFAULT_LIMITS, DEFAULT_POLICIES, PLAIN_MAPPING, PlanDraft } from "@millrace/shared";
import { trpc } from "../../lib/trpc.ts";
import type { Draft } from "./draft.ts";
import { plannable } from "./policies.ts";
import { usePaused } from "./use-paused.ts";

/**
 * What a run of the draft would do now; asked for again once changes have paused, and not before the draft can be planned. Of a
 * pipeline that exists it is held against what was agreed.
 */
export function usePlan(draft: Draft, pipelineId: string | null) {
  const text = usePaused(JSON.stringify(plannedPart(draft, pipelineId)));
  const parsed = PlanDraft.safeParse(JSON.parse(text));
  const plan = trpc.pipelines.plan.useQuery(parsed.data ?? NOTHING, {
    enabled: parsed.success,
    placeholderData: keepPreviousData,
    // The catalogs change without telling: what is shown was read a moment ago at most.
    staleTime: 0,
    trpc: { context: { isAlone: true }, abortOnUnmount: true },
  });
  return { plan, canBePlanned: parsed.success };
}

/** All of a draft that a plan depends on. */
export function plannedPart(draft: Draft, pipelineId: string | null) {
  const { sourceId, sourceTable, destinationId, destinationTable, writeMode, policies, limits, mapping } = draft;
  const ends = { sourceId, sourceTable, destinationId, destinationTable };
  return {
    ...ends,
    writeMode,
    policies: plannable(policies),
    limits,
    mapping,
    ...(pipelineId !== null && { pipelineId }),
  };
}

/** What stands in for a draft that cannot be asked about yet, and is never asked about. */
export const NOTHING: PlanDraft = {
  sourceId: "",
  sourceTable: "",
  destinationId: "",
  destinationTable: "",
  writeMode: "replace",
  policies: DEFAULT_POLICIES,
  limits: DEFAULT_LIMITS,
  mapping: PLAIN_MAPPING,
};
