export type { EntityManager } from "@mikro-orm/postgresql";
export type { Change, ChangeFeed, ChangeScope } from "./changes/change-feed.ts";
export type {
  ClaimedRun,
  DueSchedule,
  FiredSchedule,
  Heartbeat,
  HeldRun,
  RunClaims,
  SweptRun,
} from "./claims/run-claims.ts";
export { isConnectionFailure } from "./connection-failure.ts";
export { CONSTRAINTS, violatedConstraint } from "./constraints.ts";
export {
  AuditEvent,
  DataSource,
  entities,
  Pipeline,
  PipelineRun,
  QuarantinedRow,
  RunLogLine,
  RunVerification,
} from "./entities/index.ts";
export { hasLastLoadFailed } from "./last-load.ts";
export { migrateStore } from "./migrate/migrate-store.ts";
export { hasMaskKey, openMaskKey, readMapping, writeMapping } from "./pipeline-mapping.ts";
export { openStore } from "./pg-store.ts";
export { openRowValues, type RowValues, sealRowValues } from "./quarantine-values.ts";
export type { RunJob, RunQueue, WorkOptions } from "./queue/run-queue.ts";
export { comparedAs, type DifferencesPlace, openDifferences, sealDifferences } from "./run-differences.ts";
export { SecretBox, type SecretPlace } from "./secret-box.ts";
export type { Store, StoreIdentity, StoreOptions } from "./store.ts";
