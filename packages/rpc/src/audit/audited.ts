import { AuditEvent, type EntityManager } from "@millrace/db";
import { newId } from "@millrace/shared";
import type { Actor, Scope } from "../context.ts";
import { type AuditRecord, AuditTrail } from "./audit-trail.ts";

/** Of a middleware's result, what decides between commit and rollback. */
interface Outcome {
  readonly ok: boolean;
}

/**
 * Runs a write procedure inside one transaction that also writes down what it did: both are kept, or neither. `call` gets a
 * scope whose entity manager is bound to the transaction; transactions of services inside it are savepoints. What is kept
 * outside of the organization's tables, such as an API token, is not part of it: its event follows once it is made.
 */
export async function audited<Result extends Outcome>(
  scope: Scope,
  action: string,
  call: (scope: Scope) => Promise<Result>,
): Promise<Result> {
  let refused: Result | undefined;
  try {
    return await scope.em.transactional(async (em) => {
      const audit = new AuditTrail();
      const result = await call({ ...scope, em, audit });
      if (!result.ok) {
        refused = result;
        throw new RolledBack();
      }
      await writeAuditEvents(em, { ...scope.actor, address: scope.address }, action, audit.records);
      return result;
    });
  } catch (error) {
    if (refused && error instanceof RolledBack) return refused;
    throw error;
  }
}

class RolledBack extends Error {}

/** Who did it, and by what leave. */
export type Author = Pick<Actor, "organizationId" | "userId" | "name" | "email" | "credentialId"> & {
  readonly via: AuditEvent["via"];
  /** Where they are; null where they came over no network. */
  readonly address: string | null;
};

/** One event for each record, or one that names the procedure alone where a service has recorded nothing. */
export async function writeAuditEvents(
  em: EntityManager,
  actor: Author,
  action: string,
  records: readonly AuditRecord[],
): Promise<void> {
  const [noun = action] = action.split(".");
  const nameless: AuditRecord = { subjectType: noun, subjectId: null, subjectName: null };
  await em.insertMany(
    AuditEvent,
    (records.length > 0 ? records : [nameless]).map((record) => ({
      id: newId(),
      organizationId: actor.organizationId,
      action,
      via: actor.via,
      actorId: actor.userId,
      actorName: actor.name,
      actorEmail: actor.email,
      credentialId: actor.credentialId,
      address: actor.address,
      subjectType: record.subjectType,
      subjectId: record.subjectId,
      subjectName: record.subjectName,
      pipelineId: record.pipelineId ?? null,
      changes: [...(record.changes ?? [])],
    })),
  );
}
