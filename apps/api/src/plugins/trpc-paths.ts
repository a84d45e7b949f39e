import { appRouter, type ProcedureMeta } from "@millrace/rpc";
import type { FastifyRequest } from "fastify";

/** Most calls in one request; the client batches what a page asks for at once. */
export const MAX_BATCH_SIZE = 20;

const PROCEDURES = appRouter._def.procedures as unknown as Record<string, { _def: { meta?: ProcedureMeta } }>;

const PUBLIC_PROCEDURES: ReadonlySet<string> = new Set(
  Object.keys(PROCEDURES).filter((path) => PROCEDURES[path]?._def.meta?.role === "public"),
);

/** Whether every procedure that the path names may be called by anybody. A batch is a list of paths with commas. */
export function isPublicCall(request: FastifyRequest): boolean {
  const { path } = request.params as { path?: string };
  return path !== undefined && path.split(",").every((procedure) => PUBLIC_PROCEDURES.has(procedure));
}
