import type { ColumnMapping, TableDescription } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { stageChecks, stageColumn, TEMPORARY_STAGE } from "./postgres-merge-plan.ts";
import type { StructurePlan } from "./postgres-structure.ts";
import type { PostgresSurvey } from "./postgres-survey.ts";

/**
 * Rows that are added to a table whose structure changes with them. They are loaded and verified beside it, so that nobody who
 * reads the table waits for longer than it takes to alter it and to add them; and since altering may write every row of the
 * table anew, the run's own could not be told from the others there.
 */
export const appendedStage =
  (
    existing: TableDescription,
    { checks, mendsRows }: Pick<PostgresSurvey, "checks" | "mendsRows">,
    columns: readonly ColumnMapping[],
    alterations: readonly string[],
  ) =>
  (stage: TableName = TEMPORARY_STAGE): StructurePlan => {
    const isTemporary = stage === TEMPORARY_STAGE;
    const stageSql = quoteTable(stage);
    const definitions = [
      ...columns.map((column) => stageColumn(column, existing, mendsRows, [])),
      ...stageChecks(columns, checks),
    ];
    const adds = addingRows(existing, columns, stageSql);
    const create = `create ${isTemporary ? "temporary " : ""}table ${stageSql} (${definitions.join(", ")})`;
    return {
      setup: [isTemporary ? `${create} on commit drop` : create],
      loadTable: stage,
      isFresh: true,
      finish: [],
      publish: [...alterations, adds, ...(isTemporary ? [] : [`drop table ${stageSql}`])],
      adds,
      merge: null,
      kept: null,
      realNames: new Map(),
    };
  };

/** `rows`: a table, or a query in brackets. As COPY does, it brings the source's values into identity columns as well. */
export function addingRows(table: TableName, columns: readonly ColumnMapping[], rows: string): string {
  const list = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  return `insert into ${quoteTable(table)} (${list}) overriding system value select ${list} from ${rows} as arriving`;
}
