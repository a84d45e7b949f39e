import { defineEntity, p } from "@mikro-orm/core";
import { newId, type RepairCounts, type VerificationSummary } from "@millrace/shared";
import { tenantTable } from "./tenancy.ts";

const RunVerificationSchema = defineEntity({
  name: "RunVerification",
  tableName: "run_verifications",
  ...tenantTable("run_verifications"),
  uniques: [{ name: "run_verifications_run_unique", properties: ["organizationId", "runId"] }],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    // The migration adds the composite key (organization_id, run_id), on delete cascade.
    runId: p.uuid(),
    /** Null for a repair, which compares no more than the rows that it mends. */
    found: p.json<VerificationSummary>().nullable(),
    /** The listed keys, sealed: they are values of somebody's rows. Null where none are listed. */
    differences: p.text().nullable(),
    /** Which tables were compared and how, as `comparedAs` puts it. */
    comparedAs: p.string().length(64),
    repaired: p.json<RepairCounts>().nullable(),
  },
});

/** What a run with the trigger `verify` or `repair` has found and done, or a load that failed with `DIGEST_MISMATCH`; written as it ends. */
export class RunVerification extends RunVerificationSchema.class {}
RunVerificationSchema.setClass(RunVerification);
