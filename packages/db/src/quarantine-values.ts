import type { QuarantinedRow } from "./entities/quarantined-row.entity.ts";
import type { SecretBox } from "./secret-box.ts";

/** A row's columns by name, as text. */
export type RowValues = Readonly<Record<string, string | null>>;

type Place = Pick<QuarantinedRow, "id" | "organizationId">;
type Column = "sealed_values" | "sealed_edit";

/** What `QuarantinedRow` keeps in place of the values. */
export const sealRowValues = (box: SecretBox, values: RowValues, place: Place, column: Column): string =>
  box.seal(JSON.stringify(values), placeOf(place, column));

/** What the run had read. Throws `SECRET_UNREADABLE`. */
export const openRowValues = (box: SecretBox, row: Place, sealed: string, column: Column): RowValues =>
  JSON.parse(box.open(sealed, placeOf(row, column))) as RowValues;

const placeOf = ({ organizationId, id }: Place, column: Column) => ({
  organizationId,
  table: "quarantined_rows",
  column,
  rowId: id,
});
