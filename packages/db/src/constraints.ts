/** The constraints that callers tell apart when a write is refused. */
export const CONSTRAINTS = {
  dataSourceName: "data_sources_name_unique",
  pipelineName: "pipelines_name_unique",
  pipelineSource: "pipelines_source_fkey",
  pipelineDestination: "pipelines_destination_fkey",
  /** At most one run of a pipeline is pending or running. */
  activeRun: "pipeline_runs_active_unique",
} as const;

/** The name of the constraint that refused a write (SQLSTATE class 23), whether the ORM or the driver threw; else null. */
export function violatedConstraint(error: unknown): string | null {
  if (typeof error !== "object" || error === null) return null;
  const { code, constraint, cause } = error as { code?: unknown; constraint?: unknown; cause?: unknown };
  if (typeof code === "string" && code.startsWith("23") && typeof constraint === "string") return constraint;
  return cause === undefined ? null : violatedConstraint(cause);
}
