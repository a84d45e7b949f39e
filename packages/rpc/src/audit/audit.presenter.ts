import type { AuditEvent as AuditEventEntity } from "@millrace/db";
import type { AuditEntry, AuditEvent } from "@millrace/shared";

export const presentAuditEvent = (event: AuditEventEntity): AuditEvent => ({
  id: event.id,
  at: event.at.toISOString(),
  action: event.action,
  via: event.via,
  actor: { id: event.actorId, name: event.actorName },
  subjectType: event.subjectType,
  subjectId: event.subjectId ?? null,
  subjectName: event.subjectName ?? null,
  changes: event.changes,
});

export const presentAuditEntry = (event: AuditEventEntity): AuditEntry => ({
  ...presentAuditEvent(event),
  actor: { id: event.actorId, name: event.actorName, email: event.actorEmail },
  credentialId: event.credentialId,
  address: event.address ?? null,
});
