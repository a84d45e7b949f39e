import { type ReactNode, useId } from "react";
import { classNames } from "../../lib/class-names.ts";

export interface PanelProps {
  readonly title: string;
  readonly description?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Content that brings its own edges, such as a table, goes without padding. */
  readonly isFlush?: boolean;
  readonly className?: string;
}

/** A titled region of a page. */
export function Panel({ title, description, actions, children, isFlush = false, className }: PanelProps) {
  const titleId = useId();
  return (
    <section
      aria-labelledby={titleId}
      className={classNames("overflow-hidden rounded-lg border border-line bg-surface shadow-raised", className)}
    >
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-4 py-1.5">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h2 id={titleId} className="text-sm font-semibold">
            {title}
          </h2>
          {description && <p className="text-xs text-ink-faint">{description}</p>}
        </div>
        {actions}
      </header>
      <div className={isFlush ? undefined : "p-4"}>{children}</div>
    </section>
  );
}
