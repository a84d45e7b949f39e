import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** What is missing and what to do next. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** What stands where a list has nothing to show. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <Icon aria-hidden className="mb-3 size-7 text-ink-faint" strokeWidth={1.5} />
      <p className="text-base font-medium">{title}</p>
      <div className="mt-1 max-w-md text-sm text-ink-soft">{children}</div>
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}
