import { DataSource } from "./data-source.entity.ts";
import { Pipeline } from "./pipeline.entity.ts";
import { PipelineRun } from "./pipeline-run.entity.ts";
import { RunLogLine } from "./run-log-line.entity.ts";

export { DataSource, Pipeline, PipelineRun, RunLogLine };

/** Every entity of schema `public`. All of them are tenant tables. */
export const entities = [DataSource, Pipeline, PipelineRun, RunLogLine] as const;

/** Their tables, as the database spells them. */
export const TENANT_TABLES = ["data_sources", "pipelines", "pipeline_runs", "run_log_lines"] as const;
