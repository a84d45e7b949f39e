import { escapeControls } from "@millrace/shared";
import type { LogLevel, LogLine } from "@millrace/shared";
import { memo, type MouseEvent, type ReactNode, type Ref } from "react";
import { classNames } from "../../lib/class-names.ts";
import { formatExactly, formatTimeOfDay } from "../../lib/format.ts";

export const LINE_HEIGHT_PX = 20;

const LEVEL_LOOKS: Record<LogLevel, string> = {
  debug: "text-ink-faint",
  info: "text-ink-soft",
  warn: "text-warn font-medium",
  error: "text-bad font-medium",
};

export interface LogLineRowProps {
  readonly ref: Ref<HTMLDivElement> | undefined;
  readonly index: number;
  readonly seq: number;
  /** Nothing while it is being fetched. */
  readonly line: LogLine | undefined;
  readonly startPx: number;
  readonly href: string;
  readonly find: string | undefined;
  readonly isSelected: boolean;
  readonly isWrapped: boolean;
  readonly isUtc: boolean;
  readonly onSelect: (seq: number) => void;
}

/** One line: its number, which is a link to it, its time, its level and what it says. */
export const LogLineRow = memo(function LogLineRow(props: LogLineRowProps) {
  const { ref, index, seq, line, startPx, href, find, isSelected, isWrapped, isUtc, onSelect } = props;
  const select = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onSelect(seq);
  };
  return (
    <div
      ref={ref}
      data-index={index}
      data-seq={line && seq}
      aria-current={isSelected || undefined}
      className={classNames(
        "absolute top-0 left-0 flex min-w-full gap-x-3 border-l-2 pr-4 pl-3 leading-5",
        isWrapped ? "w-full flex-wrap sm:flex-nowrap" : "w-max whitespace-pre",
        isSelected ? "border-accent bg-accent-wash" : "border-transparent hover:bg-hover/60",
      )}
      style={{ transform: `translateY(${startPx}px)` }}
    >
      {/* Found by the mouse, or by what is searched for: hundreds of stops for the tabulator help nobody. */}
      <a
        href={href}
        tabIndex={-1}
        aria-label={`Line ${seq}`}
        onClick={select}
        className="tabular w-[7ch] shrink-0 text-right text-ink-faint select-none hover:text-accent hover:underline"
      >
        {seq}
      </a>
      {line ? <Words line={line} find={find} isWrapped={isWrapped} isUtc={isUtc} /> : <Missing />}
    </div>
  );
});

interface WordsProps {
  readonly line: LogLine;
  readonly find: string | undefined;
  readonly isWrapped: boolean;
  readonly isUtc: boolean;
}

function Words({ line, find, isWrapped, isUtc }: WordsProps) {
  const at = new Date(line.at);
  return (
    <>
      <time dateTime={line.at} title={formatExactly(at)} className="tabular shrink-0 text-ink-faint">
        {formatTimeOfDay(at, isUtc ? "UTC" : undefined)}
      </time>
      <span className={classNames("w-10 shrink-0", LEVEL_LOOKS[line.level])}>{line.level}</span>
      <span
        className={isWrapped ? "min-w-0 basis-full break-words whitespace-pre-wrap sm:flex-1 sm:basis-0" : undefined}
      >
        {marked(escapeControls(line.message, { keepBreaks: isWrapped }), find)}
      </span>
    </>
  );
}

/** Its place is kept at the height of one line, so that the bar does not jump. */
const Missing = () => <span aria-hidden className="my-1.5 h-2 w-48 max-w-[50%] rounded bg-line/70" />;

function marked(text: string, find: string | undefined): ReactNode {
  if (find === undefined) return text;
  const parts: ReactNode[] = [];
  const [haystack, needle] = [text.toLowerCase(), find.toLowerCase()];
  // A letter whose lower case is longer would move every place after it.
  if (haystack.length !== text.length) return text;
  let from = 0;
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, from)) {
    parts.push(
      text.slice(from, at),
      <mark key={at} className="rounded-xs bg-warn-wash text-warn outline outline-warn/40">
        {text.slice(at, at + needle.length)}
      </mark>,
    );
    from = at + needle.length;
  }
  return [...parts, text.slice(from)];
}
