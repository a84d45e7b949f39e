import type { PipelineSort, PipelineSummary, SortOrder } from "@millrace/shared";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { SortableHeader } from "../../components/ui/sortable-header.tsx";
import { HeaderCell } from "../../components/ui/table.tsx";
import { classNames } from "../../lib/class-names.ts";
import { PipelineRow, type RowActions } from "./pipeline-row.tsx";

const ROW_HEIGHT_PX = 60;
const CARD_HEIGHT_PX = 236;
/** As wide as `@4xl`, from which on rows are lines of a table and all of one height. */
const TABLE_WIDTH_PX = 896;
/** The next page is asked for when fewer rows than this are left below. */
const ROWS_AHEAD = 40;

export interface PipelineTableProps {
  readonly pipelines: readonly PipelineSummary[];
  /** How many there are in all, as far as is known. */
  readonly totalCount: number | undefined;
  readonly hasMore: boolean;
  readonly onMore: () => void;
  readonly onVisible: (ids: readonly string[]) => void;
  readonly sort: PipelineSort | undefined;
  readonly order: SortOrder | undefined;
  readonly onSort: (sort: PipelineSort, order: SortOrder) => void;
  readonly selected: ReadonlySet<string>;
  readonly onSelectAll: (isSelected: boolean) => void;
  readonly actions: RowActions;
  readonly startingId: string | null;
}

/** Any number of pipelines, of which only those in sight are drawn; the page itself scrolls. */
export function PipelineTable(props: PipelineTableProps) {
  const { pipelines, totalCount, hasMore, onMore, onVisible, selected, actions, startingId } = props;
  const frame = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const isTable = useIsWide(frame);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top ?? 0;
    setOffset(Math.round(top + globalThis.scrollY));
  }, [isTable]);
  const virtualizer = useWindowVirtualizer({
    count: pipelines.length,
    estimateSize: () => (isTable ? ROW_HEIGHT_PX : CARD_HEIGHT_PX),
    getItemKey: (index) => pipelines[index]?.id ?? index,
    scrollMargin: offset,
    overscan: 4,
  });
  useEffect(() => virtualizer.measure(), [isTable, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && last >= pipelines.length - ROWS_AHEAD) onMore();
  }, [hasMore, last, pipelines.length, onMore]);
  useEffect(() => {
    onVisible(pipelines.slice(first, last + 1).map(({ id }) => id));
  }, [first, last, pipelines, onVisible]);
  const columns = columnsFor(actions);

  return (
    <div ref={frame} className="@container">
      <table
        role="table"
        aria-rowcount={(totalCount ?? pipelines.length) + 1}
        className="block w-full text-sm"
        style={{ "--columns": columns } as CSSProperties}
      >
        <caption className="sr-only">Pipelines</caption>
        <thead
          role="rowgroup"
          className="sr-only @4xl:not-sr-only @4xl:sticky @4xl:top-12 @4xl:z-20 @4xl:block @4xl:rounded-t-lg @4xl:bg-surface lg:@4xl:top-0"
        >
          <tr
            role="row"
            aria-rowindex={1}
            className="grid grid-cols-(--columns) border-b border-line px-1.5 *:flex *:items-center"
          >
            {actions.onSelect && (
              <th role="columnheader" scope="col" className="px-3">
                <Checkbox
                  label="Select all that are loaded"
                  isLabelHidden
                  isChecked={selected.size > 0 && pipelines.every(({ id }) => selected.has(id))}
                  isMixed={selected.size > 0 && pipelines.some(({ id }) => !selected.has(id))}
                  onChange={props.onSelectAll}
                />
              </th>
            )}
            <Sortable {...props} by="name" first="asc">
              Pipeline
            </Sortable>
            <Sortable {...props} by="status" first="asc">
              Status
            </Sortable>
            <HeaderCell>Source and destination</HeaderCell>
            <Sortable {...props} by="lastRun" first="desc">
              Last run
            </Sortable>
            <HeaderCell>Recent runs</HeaderCell>
            <Sortable {...props} by="nextRun" first="asc">
              Next run
            </Sortable>
            {actions.runNow && <HeaderCell isHidden>Actions</HeaderCell>}
          </tr>
        </thead>
        <tbody
          ref={body}
          role="rowgroup"
          className="relative block"
          style={{ height: virtualizer.getTotalSize() + (hasMore ? ROW_HEIGHT_PX : 0) }}
        >
          {items.map(({ key, index, start }) => {
            const pipeline = pipelines[index];
            if (!pipeline) return null;
            return (
              <tr
                key={key}
                ref={isTable ? undefined : virtualizer.measureElement}
                data-index={index}
                role="row"
                aria-rowindex={index + 2}
                aria-labelledby={`name-${pipeline.id}`}
                // By position rather than by transform, under which an open menu would lie below the next row.
                style={{ top: start - offset, height: isTable ? ROW_HEIGHT_PX : undefined }}
                className={classNames(
                  "absolute inset-x-0 grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-3 gap-y-1.5 border-b border-line px-4 py-3",
                  "@4xl:grid-cols-(--columns) @4xl:items-center @4xl:gap-0 @4xl:px-1.5 @4xl:py-0",
                  selected.has(pipeline.id) ? "bg-accent-wash/60" : "@4xl:hover:bg-hover/60",
                )}
              >
                <PipelineRow
                  pipeline={pipeline}
                  actions={actions}
                  isSelected={selected.has(pipeline.id)}
                  isStarting={startingId === pipeline.id}
                />
              </tr>
            );
          })}
          {hasMore && (
            <tr role="row" className="absolute inset-x-0 bottom-0 block px-4" style={{ height: ROW_HEIGHT_PX }}>
              <td role="cell" className="flex h-full items-center gap-6">
                <span className="sr-only">More are being loaded</span>
                <Skeleton className="h-4 w-48" />
                <Skeleton className="h-4 w-24" />
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Columns by what this user may do. */
const columnsFor = ({ onSelect, runNow, onSwitch }: RowActions): string =>
  [
    onSelect && "2.5rem",
    "minmax(8rem,1.5fr) 6.5rem minmax(11rem,3fr) 7.5rem 6.75rem minmax(6.5rem,1fr)",
    runNow && (onSwitch ? "8.75rem" : "6rem"),
  ]
    .filter(Boolean)
    .join(" ");

interface SortableProps extends Pick<PipelineTableProps, "sort" | "order" | "onSort"> {
  readonly by: PipelineSort;
  readonly first: SortOrder;
  readonly children: ReactNode;
}

const WORDS = { asc: "ascending", desc: "descending" } as const;

function Sortable({ by, first, sort, order = "desc", onSort, children }: SortableProps) {
  return (
    <SortableHeader
      direction={sort === by ? WORDS[order] : null}
      firstDirection={WORDS[first]}
      onSort={(direction) => onSort(by, direction === "ascending" ? "asc" : "desc")}
    >
      {children}
    </SortableHeader>
  );
}

function useIsWide(frame: React.RefObject<HTMLDivElement | null>): boolean {
  const [isWide, setIsWide] = useState(true);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const look = () => setIsWide(element.clientWidth >= TABLE_WIDTH_PX);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return isWide;
}
