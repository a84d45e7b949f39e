export { combineDigests, WHOLE_TABLE } from "./chunk.ts";
export * from "./connector.ts";
export { executeRun } from "./execute.ts";
export { armFailpoints, failpoint, FAILPOINTS } from "./failpoints.ts";
export { beginSource, planRun } from "./plan.ts";
export { previewRun, type RunPreview } from "./preview.ts";
export * from "./run.ts";
