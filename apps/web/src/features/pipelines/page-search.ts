import type { RunStatus } from "@millrace/shared";
import { choiceParam } from "../../lib/search-params.ts";

/** The parts of a pipeline's page, in their order; the first shows where the address names none. */
export const PIPELINE_TABS = ["runs", "plan", "configuration", "history", "settings"] as const;
export type PipelineTab = (typeof PIPELINE_TABS)[number];

// Values of the contract, which would bring all its schemas into the first load.
const RUN_STATUSES: readonly RunStatus[] = ["pending", "running", "success", "failed", "cancelled"];

/** Which part of a pipeline's page shows, and which runs. */
export interface PageSearch {
  readonly tab?: PipelineTab | undefined;
  readonly status?: RunStatus | undefined;
}

export const readPageSearch = ({ tab, status }: Record<string, unknown>): PageSearch => ({
  tab: choiceParam(tab, PIPELINE_TABS),
  status: choiceParam(status, RUN_STATUSES),
});
