import type { ReactNode } from "react";

export interface PageHeaderProps {
  /** Names the browser's tab as well. */
  readonly title: string;
  /** Names the tab where the heading alone would say too little. */
  readonly documentTitle?: string;
  readonly status?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** The heading of a page. Its `h1` takes the focus after a change of page. */
export function PageHeader({ title, documentTitle = title, status, description, actions }: PageHeaderProps) {
  return (
    <div className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <title>{`${documentTitle} · Millrace`}</title>
      <div className="min-w-0">
        <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 tabIndex={-1} className="text-xl font-semibold tracking-tight break-words">
            {title}
          </h1>
          {status}
        </div>
        {description && <div className="mt-0.5 text-sm text-ink-soft">{description}</div>}
      </div>
      {actions && <div className="flex min-h-8 flex-wrap items-center gap-2 empty:hidden">{actions}</div>}
    </div>
  );
}
