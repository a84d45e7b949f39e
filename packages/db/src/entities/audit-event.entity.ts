import { defineEntity, p } from "@mikro-orm/core";
import { type AuditChange, type AuditEvent as Event, newId } from "@millrace/shared";
import { tenantTable } from "./tenancy.ts";

const AuditEventSchema = defineEntity({
  name: "AuditEvent",
  tableName: "audit_events",
  ...tenantTable("audit_events"),
  uniques: [{ name: "audit_events_organization_unique", properties: ["organizationId", "id"] }],
  indexes: [
    { name: "audit_events_pipeline_index", properties: ["organizationId", "pipelineId", "id"] },
    { name: "audit_events_subject_index", properties: ["organizationId", "subjectType", "subjectId", "id"] },
  ],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    at: p.datetime().defaultRaw("now()"),
    action: p.string().length(100),
    via: p.string().length(20).$type<Event["via"]>(),
    actorId: p.string(),
    actorName: p.string(),
    actorEmail: p.string(),
    credentialId: p.string(),
    /** An IPv4 or IPv6 address; null where nobody came over the network. */
    address: p.string().length(45).nullable(),
    subjectType: p.string().length(40),
    subjectId: p.string().nullable(),
    subjectName: p.text().nullable(),
    /** The pipeline that the event is part of the history of. No reference: the event outlives it. */
    pipelineId: p.uuid().nullable(),
    changes: p.json<AuditChange[]>().defaultRaw("'[]'::jsonb"),
  },
});

/** What was done in an organization, by whom and when. Rows are only ever added: a trigger refuses everything else. */
export class AuditEvent extends AuditEventSchema.class {}
AuditEventSchema.setClass(AuditEvent);
