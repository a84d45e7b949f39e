import { type Pipeline, readMapping } from "@millrace/db";
import { newId } from "@millrace/shared";

/** What a pipeline reads and writes: the structure that was agreed is of just that. */
export const tablesOf = (pipeline: Pipeline) => ({
  ends: endsOf(pipeline),
  mapping: readMapping(pipeline),
});

type Ends = Pick<Pipeline, "sourceId" | "sourceTable" | "destinationId" | "destinationTable" | "writeMode">;

export const endsOf = ({ sourceId, sourceTable, destinationId, destinationTable, writeMode }: Ends) => ({
  sourceId,
  sourceTable,
  destinationId,
  destinationTable,
  writeMode,
});

/** Nothing is agreed any more: the next run that succeeds agrees on what it finds. A run that is under way is of before. */
export function forgetSchema(pipeline: Pipeline): void {
  pipeline.schemaState = { edition: newId() };
}
