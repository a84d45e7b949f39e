import type { PlanColumn } from "@millrace/shared";
import { ArrowRight, KeyRound, Repeat2, TriangleAlert } from "lucide-react";
import { Badge } from "../../components/ui/badge.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";

/** Each column with its type here and there. */
export function PlanColumns({ columns }: { readonly columns: readonly PlanColumn[] }) {
  return (
    <div
      role="region"
      aria-label="Columns"
      // Keyboards scroll only what takes the focus.
      tabIndex={0}
      className="max-h-[28rem] overflow-auto -outline-offset-2"
    >
      <Table
        caption="Columns"
        head={
          <>
            <HeaderCell>Column</HeaderCell>
            <HeaderCell>Type in the source</HeaderCell>
            <HeaderCell>Type in the destination</HeaderCell>
            <HeaderCell>Notes</HeaderCell>
          </>
        }
      >
        {columns.map((column, index) => (
          // Two columns may ask for one name, and then both are refused or one is.
          <ColumnRow key={`${index} ${column.name}`} column={column} />
        ))}
      </Table>
    </div>
  );
}

function ColumnRow({ column }: { readonly column: PlanColumn }) {
  const { name, sourceType, destinationType, isNullable, isPrimaryKey, isCast, refusal } = column;
  return (
    <Row>
      <Cell isTitle className="col-span-2">
        <code className="font-mono text-xs break-all">{name}</code>
      </Cell>
      <Cell label="Source">
        <code className="font-mono text-xs text-ink-soft">{sourceType ?? "—"}</code>
      </Cell>
      <Cell label="Destination">
        {refusal ? (
          <span className="inline-flex items-start gap-1.5 text-xs font-medium text-bad">
            <TriangleAlert role="img" aria-label="Refused" className="mt-0.5 size-3.5 shrink-0" />
            <span className="min-w-0 break-words">{refusal.message}</span>
          </span>
        ) : destinationType === null ? (
          <span className="text-xs text-ink-faint">not written</span>
        ) : (
          <span className="inline-flex items-center gap-1.5">
            <ArrowRight aria-hidden className="size-3 shrink-0 text-ink-faint" />
            <code className="font-mono text-xs">{destinationType}</code>
          </span>
        )}
      </Cell>
      <Cell label="Notes">
        <span className="inline-flex flex-wrap gap-1">
          {isPrimaryKey && <Badge icon={KeyRound}>primary key</Badge>}
          {!isNullable && !isPrimaryKey && <Badge>not null</Badge>}
          {isCast && (
            <Badge icon={Repeat2} tone="accent">
              converted
            </Badge>
          )}
        </span>
      </Cell>
    </Row>
  );
}
