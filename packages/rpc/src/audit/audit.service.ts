import { AuditEvent } from "@millrace/db";
import { decodeCursor, type ListAuditInput, type PipelineHistoryInput } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { type Page, pageFrom } from "../paging.ts";
import { findPipeline } from "../pipelines/pipelines.service.ts";

const before = (cursor: string | undefined) => (cursor === undefined ? {} : { id: { $lt: decodeCursor(cursor) } });

/** Newest first. */
export async function listAuditEvents({ em }: Scope, input: ListAuditInput): Promise<Page<AuditEvent>> {
  const { action, subjectType, subjectId, actorId, since, until } = input;
  const found = await em.find(
    AuditEvent,
    {
      ...before(input.cursor),
      ...(action === undefined ? {} : { action }),
      ...(subjectType === undefined ? {} : { subjectType }),
      ...(subjectId === undefined ? {} : { subjectId }),
      ...(actorId === undefined ? {} : { actorId }),
      ...(since === undefined && until === undefined
        ? {}
        : { at: { ...(since && { $gte: new Date(since) }), ...(until && { $lt: new Date(until) }) } }),
    },
    { orderBy: { id: "desc" }, limit: input.limit + 1 },
  );
  return pageFrom(found, input.limit);
}

/** What was done to a pipeline and its runs, newest first. Throws `PIPELINE_NOT_FOUND`. */
export async function pipelineHistory(scope: Scope, input: PipelineHistoryInput): Promise<Page<AuditEvent>> {
  await findPipeline(scope, input.id);
  const found = await scope.em.find(
    AuditEvent,
    { ...before(input.cursor), pipelineId: input.id },
    { orderBy: { id: "desc" }, limit: input.limit + 1 },
  );
  return pageFrom(found, input.limit);
}
