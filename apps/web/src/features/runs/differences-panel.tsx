import {
  type DifferenceKind,
  hasRole,
  type Role,
  type RunDetail,
  type ShownDifference,
  type VerificationSummary,
} from "@millrace/shared";
import { useState } from "react";
import { LoadMore } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { SegmentedFilter } from "../../components/ui/segmented-filter.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { formatCount } from "../../lib/format.ts";
import { DIFFERENCE_KINDS } from "./difference-kinds.ts";
import { RepairDialog } from "./repair-dialog.tsx";

const ALL = "all";
const KINDS = Object.keys(DIFFERENCE_KINDS) as DifferenceKind[];
/** So many rows more are drawn each time somebody asks. */
const PAGE_ROWS = 50;

export interface DifferencesPanelProps {
  readonly run: RunDetail;
  readonly role: Role;
  readonly found: VerificationSummary;
  readonly differences: readonly ShownDifference[];
  readonly kind: DifferenceKind | undefined;
  readonly onKindChange: (kind: DifferenceKind | undefined) => void;
  /** Null where there is nothing to repair. */
  readonly onRepairStarted: ((runId: string) => void) | null;
}

/** The keys that differ, and what mends their rows where they can be mended. */
export function DifferencesPanel(props: DifferencesPanelProps) {
  const { run, role, found, differences, kind, onKindChange, onRepairStarted } = props;
  const shown = kind === undefined ? differences : differences.filter((difference) => difference.kind === kind);
  const maySeeRows = hasRole(role, "editor");
  return (
    <Panel
      title="Rows that differ"
      description={countText(differences.length, found.differenceCount ?? differences.length)}
      isFlush
      actions={
        maySeeRows &&
        onRepairStarted && <RepairDialog run={run} differences={differences} onStarted={onRepairStarted} />
      }
    >
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-3 py-2">
        <SegmentedFilter<DifferenceKind | typeof ALL>
          label="How rows differ"
          value={kind ?? ALL}
          options={[
            { value: ALL, label: "All", count: differences.length },
            ...KINDS.map((value) => ({
              value,
              label: DIFFERENCE_KINDS[value].label,
              icon: DIFFERENCE_KINDS[value].icon,
              count: differences.filter((difference) => difference.kind === value).length,
            })).filter(({ value, count }) => count > 0 || value === kind),
          ]}
          onChange={(next) => onKindChange(next === ALL ? undefined : next)}
        />
        {!maySeeRows && <p className="text-xs text-ink-faint">Keys are values of rows: editors see them.</p>}
      </div>
      {shown.length === 0 ? (
        <p className="p-4 text-sm text-ink-soft">No row differs in this way.</p>
      ) : (
        // How much of it is drawn belongs to one choice of rows.
        <DifferenceTable key={kind ?? ALL} keyColumns={found.keyColumns} differences={shown} />
      )}
    </Panel>
  );
}

const countText = (listed: number, all: number): string => {
  const keys = all === 1 ? "1 key" : `${formatCount(all)} keys`;
  return listed === all ? keys : `the first ${formatCount(listed)} of ${keys}`;
};

type DifferenceTableProps = Pick<VerificationSummary, "keyColumns"> & Pick<DifferencesPanelProps, "differences">;

function DifferenceTable({ keyColumns, differences }: DifferenceTableProps) {
  const [count, setCount] = useState(PAGE_ROWS);
  return (
    <>
      <Table
        caption="Rows that differ"
        head={
          <>
            <HeaderCell>{keyColumns.join(", ")}</HeaderCell>
            <HeaderCell>How it differs</HeaderCell>
            <HeaderCell>Columns</HeaderCell>
          </>
        }
      >
        {differences.slice(0, count).map(({ key, kind, columns }, index) => {
          const { icon: Icon, word } = DIFFERENCE_KINDS[kind];
          return (
            <Row key={key === null ? index : JSON.stringify(key)}>
              <Cell isTitle className="col-span-2">
                {key === null ? (
                  <span className="text-ink-faint">hidden</span>
                ) : (
                  <code className="font-mono text-xs break-all">{key.join(", ")}</code>
                )}
              </Cell>
              <Cell label="How">
                <span className="inline-flex items-center gap-1.5">
                  <Icon aria-hidden className="size-3.5 shrink-0 text-ink-faint" />
                  {word}
                </span>
              </Cell>
              <Cell label="Columns">
                {columns.length === 0 ? (
                  <span className="text-ink-faint">the whole row</span>
                ) : (
                  <code className="font-mono text-xs break-words">{columns.join(", ")}</code>
                )}
              </Cell>
            </Row>
          );
        })}
      </Table>
      <LoadMore hasMore={differences.length > count} isLoading={false} onLoad={() => setCount(count + PAGE_ROWS)} />
    </>
  );
}
