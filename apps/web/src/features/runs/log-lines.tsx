import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { type UIEvent, useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "../../components/ui/button.tsx";
import { LINE_HEIGHT_PX, LogLineRow } from "./log-line-row.tsx";
import type { LogRows } from "./log-rows.ts";
import type { LogView } from "./log-view.ts";
import type { RunLogStore } from "./run-log-store.ts";

/** Nearer to the end than this, the view counts as being at it. */
const FOLLOW_SLACK_PX = 24;
/** Lines beyond the screen that are fetched along, so that scrolling seldom meets an empty place. */
const FETCH_AROUND = 120;

export interface LogLinesProps {
  readonly log: RunLogStore;
  readonly rows: LogRows;
  readonly view: LogView;
  readonly hrefOf: (seq: number) => string;
  readonly onSelect: (seq: number) => void;
}

/** The lines themselves. They follow new ones until somebody scrolls up, and again from the end on. */
export function LogLines({ log, rows, view, hrefOf, onSelect }: LogLinesProps) {
  const viewport = useRef<HTMLDivElement>(null);
  const scrolledTo = useRef(0);
  /** The selected line stays in sight while the lines around it arrive and turn out higher, until somebody scrolls. */
  const held = useRef<number | null>(null);
  const [isFollowing, setIsFollowing] = useState(view.line === undefined);
  const { revision } = useSyncExternalStore(log.subscribe, log.read);
  const isWrapped = view.wrap !== "off";
  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => viewport.current,
    estimateSize: () => LINE_HEIGHT_PX,
    overscan: 8,
    // A frame later is soon enough, and a render in the middle of a layout costs one more of each.
    useFlushSync: false,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  const totalPx = virtualizer.getTotalSize();

  useEffect(() => {
    const from = Math.max(0, first - FETCH_AROUND);
    const to = Math.min(rows.count - 1, last + FETCH_AROUND);
    log.want(
      Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => rows.seqAt(from + index)),
      view.level,
    );
  }, [log, rows, first, last, revision, view.level]);

  useEffect(() => {
    if (isFollowing) virtualizer.scrollToIndex(rows.count - 1, { align: "end" });
  }, [isFollowing, rows.count, totalPx, virtualizer]);

  const selected = view.line;
  const showHeld = useEffectEvent(() => {
    const seq = held.current;
    if (seq === null) return;
    // The log stands at the end of a page: a link to a line means the line.
    viewport.current?.scrollIntoView({ block: "nearest" });
    if (isInView(viewport.current, seq)) return;
    setIsFollowing(false);
    virtualizer.scrollToIndex(rows.indexOf(seq), { align: "center" });
  });
  useEffect(() => {
    held.current = selected ?? null;
    showHeld();
  }, [selected]);
  useEffect(() => showHeld(), [revision, totalPx]);
  const letGo = () => {
    held.current = null;
  };
  const onScroll = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: UIEvent<HTMLDivElement>) => {
    const isAtEnd = scrollHeight - scrollTop - clientHeight < FOLLOW_SLACK_PX;
    // Lines that turn out higher than expected move the end away: only a way up is somebody's wish.
    if (isAtEnd) setIsFollowing(true);
    else if (scrollTop < scrolledTo.current) setIsFollowing(false);
    scrolledTo.current = scrollTop;
  };
  return (
    <div className="relative">
      <div
        ref={viewport}
        role="log"
        aria-label="Log lines"
        aria-live="off"
        // A scrolling region that the keyboard can reach.
        tabIndex={0}
        onScroll={onScroll}
        onWheel={letGo}
        onTouchMove={letGo}
        onPointerDown={letGo}
        onKeyDown={letGo}
        className="max-h-[min(32rem,70vh)] overflow-auto bg-sunken py-2 font-mono text-xs -outline-offset-2"
      >
        <div className="relative w-full" style={{ height: totalPx }}>
          {items.map(({ key, index, start }) => {
            const seq = rows.seqAt(index);
            return (
              <LogLineRow
                key={key}
                ref={isWrapped ? virtualizer.measureElement : undefined}
                index={index}
                seq={seq}
                line={log.line(seq)}
                startPx={start}
                href={hrefOf(seq)}
                find={view.find}
                isSelected={seq === selected}
                isWrapped={isWrapped}
                isUtc={view.time === "utc"}
                onSelect={onSelect}
              />
            );
          })}
        </div>
      </div>
      {!isFollowing && (
        <Button
          size="small"
          icon={ArrowDownToLine}
          onClick={() => setIsFollowing(true)}
          className="absolute right-5 bottom-3 shadow-floating"
        >
          Follow
        </Button>
      )}
    </div>
  );
}

function isInView(viewport: HTMLElement | null, seq: number): boolean {
  const row = viewport?.querySelector(`[data-seq="${seq}"]`);
  if (!viewport || !row) return false;
  const [outer, inner] = [viewport.getBoundingClientRect(), row.getBoundingClientRect()];
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}
