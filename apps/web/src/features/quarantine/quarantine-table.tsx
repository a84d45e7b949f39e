import type { QuarantinedRow } from "@millrace/shared";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { RowState } from "./quarantine-state.tsx";

export interface QuarantineTableProps {
  readonly rows: readonly QuarantinedRow[];
  /** Whether values and keys are shown, and rows can be chosen. */
  readonly maySeeRows: boolean;
  readonly selectedIds: ReadonlySet<string>;
  readonly onSelect: (id: string, isSelected: boolean) => void;
  readonly onOpen: (id: string) => void;
}

/** Only what is held can be replayed or discarded. */
export const isOpenRow = ({ state, isReplaying }: QuarantinedRow): boolean => state === "held" && !isReplaying;

/** Rows that were set aside, one a row. */
export function QuarantineTable({ rows, maySeeRows, selectedIds, onSelect, onOpen }: QuarantineTableProps) {
  return (
    <Table
      caption="Rows set aside"
      head={
        <>
          {maySeeRows && <HeaderCell isHidden>Chosen</HeaderCell>}
          <HeaderCell>Key</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Column</HeaderCell>
          <HeaderCell>Why it was refused</HeaderCell>
        </>
      }
    >
      {rows.map((row) => (
        <Row key={row.id}>
          {maySeeRows && (
            <Cell className="order-2 justify-self-end @4xl:w-8">
              <Checkbox
                label={`Choose ${nameOf(row)}`}
                isLabelHidden
                isDisabled={!isOpenRow(row)}
                isChecked={selectedIds.has(row.id)}
                onChange={(isChecked) => onSelect(row.id, isChecked)}
              />
            </Cell>
          )}
          <Cell isTitle className="order-1">
            {maySeeRows ? (
              <button
                type="button"
                onClick={() => onOpen(row.id)}
                className="cursor-pointer rounded-sm text-left font-mono text-xs break-all text-accent hover:underline"
              >
                {nameOf(row)}
              </button>
            ) : (
              <span className="text-ink-faint">hidden</span>
            )}
          </Cell>
          <Cell label="State" className="order-3">
            <RowState row={row} />
          </Cell>
          <Cell label="Column" className="order-3">
            {row.column === null ? (
              <span className="text-ink-faint">the whole row</span>
            ) : (
              <code className="font-mono text-xs break-words">{row.column}</code>
            )}
          </Cell>
          <Cell label="Why" className="order-3">
            <span className="block break-words">{row.reason}</span>
            <span className="block text-xs text-ink-faint">
              {row.code}
              {row.sqlstate !== null && ` · SQLSTATE ${row.sqlstate}`}
              {row.isEdited && " · values changed"}
            </span>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

/** A table without a primary key has nothing to name a row by. */
const nameOf = ({ key }: QuarantinedRow): string => key ?? "a row without a key";
