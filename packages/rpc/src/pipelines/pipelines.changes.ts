import { type FoundChanges, planChanges } from "@millrace/engine";
import {
  type ChangedRow,
  hasErrorBudget,
  type PlanChanges,
  type PlanPipelineInput,
  toAppError,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { takeLook } from "../sources/open-connection.ts";
import { endSources, planRequest, withEnds } from "./pipelines.ends.ts";
import { runMappingOf } from "./pipelines.mapping.ts";
import { presentRefusal } from "./pipelines.plan-presenter.ts";
import { toBePlanned } from "./pipelines.plan.ts";
import { findPipeline } from "./pipelines.service.ts";

/** Tables are read here and not only catalogs: so many times as long as another look, before what was found is the answer. */
const TIMES_AS_LONG = 2;

/**
 * What a run of the pipeline or the draft would do to the rows that stand there now. What refuses the run is part of the answer, and
 * so is that time was up. Throws `PIPELINE_NOT_FOUND`, `PIPELINE_INCOMPLETE`, `SOURCE_UNKNOWN`, and `FORBIDDEN` as `toBePlanned`
 * does.
 */
export async function planPipelineChanges(
  scope: Scope,
  input: PlanPipelineInput,
  callerLeft: AbortSignal | undefined,
): Promise<PlanChanges> {
  const pipelineId = "id" in input ? input.id : input.pipelineId;
  // A position is values of rows, so whose it is has to be one's own.
  const pipeline = pipelineId === undefined ? null : await findPipeline(scope, pipelineId);
  const { draft, mapping: drafted, schema } = await toBePlanned(scope, input);
  // Under another key every masked value would seem to have changed.
  const stored = pipeline && drafted.maskKey !== null ? runMappingOf(scope, pipeline).maskKey : null;
  const mapping = { ...drafted, maskKey: stored ?? drafted.maskKey };
  const sources = await endSources(scope, draft);
  const quarantine: Quarantined = {
    isUpperBound: hasErrorBudget(draft.policies.errorBudget),
    heldRows: pipelineId === undefined ? 0 : await countHeldRows(scope, pipelineId),
  };
  const limitMs = scope.platform.egress.timeoutMs * TIMES_AS_LONG;
  const look = { timeoutMs: limitMs + scope.platform.egress.timeoutMs };
  return takeLook(
    scope,
    callerLeft,
    ({ signal, toError }) =>
      withEnds(scope, sources, { signal, toError }, async (source, destination) => {
        if (source.status === "rejected") return refused(quarantine, source.reason);
        if (destination.status === "rejected") return refused(quarantine, destination.reason);
        try {
          const ends = { source: source.value, destination: destination.value };
          const { identity: _nobody, ...request } = planRequest(draft, mapping, ends, signal);
          const timeUp = AbortSignal.timeout(limitMs);
          const found = await planChanges({ ...request, schema, pipelineId: pipelineId ?? null, timeUp });
          return present(quarantine, found);
        } catch (error) {
          const { side } = toAppError(error).params;
          return refused(quarantine, toError(error, side === "destination" ? "destination" : "source"));
        }
      }),
    look,
  );
}

/** What counts cannot know of rows that are set aside. */
type Quarantined = Pick<PlanChanges, "isUpperBound" | "heldRows">;

async function countHeldRows({ em, actor }: Scope, pipelineId: string): Promise<number> {
  const [found] = await em.execute<{ count: number }[]>(
    `select count(*)::int as count
     from pipeline_runs r join quarantined_rows q on q.organization_id = r.organization_id and q.run_id = r.id
     where r.organization_id = ? and r.pipeline_id = ? and r.records_failed > 0 and q.state = 'held'`,
    [actor.organizationId, pipelineId],
  );
  return found?.count ?? 0;
}

const refused = (quarantine: Quarantined, error: unknown): PlanChanges => ({
  ...quarantine,
  counts: null,
  isComplete: false,
  sourceRows: null,
  destinationRows: null,
  keyColumns: [],
  columns: [],
  inserted: [],
  updated: [],
  deleted: [],
  refusal: presentRefusal(toAppError(error)),
});

const present = (
  quarantine: Quarantined,
  { inserted, updated, deleted, refusal, keyColumns, columns, ...found }: FoundChanges,
): PlanChanges => ({
  ...quarantine,
  ...found,
  keyColumns: [...keyColumns],
  columns: [...columns],
  inserted: inserted.map(presentRow),
  updated: updated.map(presentRow),
  deleted: deleted.map(presentRow),
  refusal: refusal && presentRefusal(refusal),
});

const presentRow = ({ before, after, changed }: FoundChanges["updated"][number]): ChangedRow => ({
  before: before && [...before],
  after: after && [...after],
  changed: [...changed],
});
