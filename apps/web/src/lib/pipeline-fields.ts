/** Settings of a pipeline as people call them, in the form as in its history. */
export const PIPELINE_FIELDS = {
  name: "Name",
  description: "Description",
  sourceId: "Source",
  sourceTable: "Source table",
  destinationId: "Destination",
  destinationTable: "Destination table",
  mode: "Mode",
  writeMode: "Write mode",
  schedule: "Schedule",
  timezone: "Time zone",
  policies: "Policies",
  limits: "Connections",
  mapping: "Mapping",
} as const;
