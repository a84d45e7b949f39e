import { classNames } from "../../lib/class-names.ts";
import { CopyButton } from "./copy-button.tsx";

export interface CodeBlockProps {
  /** What it is, such as `SQL for the source`; named for screen readers as well. */
  readonly label: string;
  readonly code: string;
  /** Break long lines rather than scroll sideways. */
  readonly isWrapped?: boolean;
}

/** Text to be copied as it is. */
export function CodeBlock({ label, code, isWrapped = false }: CodeBlockProps) {
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-sunken">
      <figcaption className="flex items-center justify-between gap-3 border-b border-line py-1.5 pr-1.5 pl-3 text-xs text-ink-soft">
        <span className="min-w-0 truncate">{label}</span>
        <CopyButton text={code} label="Copy" />
      </figcaption>
      {/* Keyboards scroll only what takes the focus. */}
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className={classNames(
          "max-h-96 overflow-auto p-3 font-mono text-xs leading-5 focus-visible:-outline-offset-2",
          isWrapped && "break-words whitespace-pre-wrap",
        )}
      >
        {code}
      </pre>
    </figure>
  );
}
