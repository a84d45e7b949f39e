import { AuditEvent } from "./audit-event.entity.ts";
import { DataSource } from "./data-source.entity.ts";
import { Pipeline } from "./pipeline.entity.ts";
import { PipelineRun } from "./pipeline-run.entity.ts";
import { QuarantinedRow } from "./quarantined-row.entity.ts";
import { RunLogLine } from "./run-log-line.entity.ts";
import { RunVerification } from "./run-verification.entity.ts";

export { AuditEvent, DataSource, Pipeline, PipelineRun, QuarantinedRow, RunLogLine, RunVerification };

/** Every entity of schema `public`. All of them are tenant tables. */
export const entities = [
  AuditEvent,
  DataSource,
  Pipeline,
  PipelineRun,
  QuarantinedRow,
  RunLogLine,
  RunVerification,
] as const;

/** Their tables, as the database spells them. */
export const TENANT_TABLES = [
  "data_sources",
  "pipelines",
  "pipeline_runs",
  "run_log_lines",
  "run_verifications",
  "quarantined_rows",
] as const;

/** Tenant tables whose rows are written once. */
export const APPEND_ONLY_TABLES = ["audit_events"] as const;
