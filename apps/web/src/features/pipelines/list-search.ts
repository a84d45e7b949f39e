import type { PipelineMode, PipelineSort, PipelineStatus, SortOrder } from "@millrace/shared";
import { choiceParam, textParam } from "../../lib/search-params.ts";
import { PIPELINE_STATUSES } from "./pipeline-status.tsx";

// Values of the contract, which would bring all its schemas into the first load.
const MODES: readonly PipelineMode[] = ["batch", "realtime"];
const SORTS: readonly PipelineSort[] = ["created", "name", "status", "lastRun", "nextRun"];
const ORDERS: readonly SortOrder[] = ["asc", "desc"];

/** What narrows and sorts the list of pipelines, as the address has it. */
export interface ListSearch {
  readonly status?: PipelineStatus | undefined;
  readonly search?: string | undefined;
  readonly mode?: PipelineMode | undefined;
  /** Ids of data sources. */
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly sort?: PipelineSort | undefined;
  readonly order?: SortOrder | undefined;
}

export const readListSearch = (search: Record<string, unknown>): ListSearch => ({
  status: choiceParam(search["status"], PIPELINE_STATUSES),
  search: textParam(search["search"], 200),
  mode: choiceParam(search["mode"], MODES),
  source: idParam(search["source"]),
  destination: idParam(search["destination"]),
  sort: choiceParam(search["sort"], SORTS),
  order: choiceParam(search["order"], ORDERS),
});

function idParam(value: unknown): string | undefined {
  const text = textParam(value, 36);
  return text !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : undefined;
}

/** Whether the list leaves anything out. */
export const isNarrowed = ({ status, search, mode, source, destination }: ListSearch): boolean =>
  [status, search, mode, source, destination].some((value) => value !== undefined);

const filtersOf = ({ search, mode, source, destination }: ListSearch) => ({
  ...(search && { search }),
  ...(mode && { mode }),
  ...(source && { sourceId: source }),
  ...(destination && { destinationId: destination }),
});

/** The input of `pipelines.counts`: everything but the state, which is what is counted. */
export const countInputOf = filtersOf;

const PAGE_SIZE = 100;

/** The input of `pipelines.list`. */
export const listInputOf = (search: ListSearch) => ({
  limit: PAGE_SIZE,
  ...filtersOf(search),
  ...(search.status && { status: search.status }),
  ...(search.sort && { sort: search.sort }),
  ...(search.order && { order: search.order }),
});

export type ListInput = ReturnType<typeof listInputOf>;
