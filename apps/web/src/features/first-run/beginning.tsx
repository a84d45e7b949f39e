import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface BeginningProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** What one has afterwards, and how long it takes. */
  readonly children: ReactNode;
  readonly action: ReactNode;
}

/** One way to begin. */
export function Beginning({ icon: Icon, title, children, action }: BeginningProps) {
  return (
    <section className="flex flex-col items-start rounded-lg border border-line bg-surface p-5 shadow-raised">
      <span className="grid size-9 place-items-center rounded-md bg-accent-wash text-accent">
        <Icon aria-hidden className="size-4.5" />
      </span>
      <h3 className="mt-3 text-base font-semibold">{title}</h3>
      <p className="mt-1 mb-4 text-sm text-ink-soft">{children}</p>
      <div className="mt-auto">{action}</div>
    </section>
  );
}
