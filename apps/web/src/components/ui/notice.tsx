import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../lib/class-names.ts";
import type { Tone } from "./status.tsx";

const LOOKS: Record<Tone, { readonly icon: LucideIcon; readonly box: string; readonly mark: string }> = {
  neutral: { icon: Info, box: "border-line bg-sunken", mark: "text-ink-soft" },
  accent: { icon: Info, box: "border-accent/30 bg-accent-wash", mark: "text-accent" },
  good: { icon: CircleCheck, box: "border-good/30 bg-good-wash", mark: "text-good" },
  warn: { icon: TriangleAlert, box: "border-warn/30 bg-warn-wash", mark: "text-warn" },
  bad: { icon: CircleAlert, box: "border-bad/30 bg-bad-wash", mark: "text-bad" },
};

export interface NoticeProps {
  readonly tone: Tone;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  /** Read out as soon as it appears. */
  readonly isAlert?: boolean;
}

/** A message that stays in the page: one sentence, and below it what to do. */
export function Notice({ tone, title, children, action, isAlert = false }: NoticeProps) {
  const { icon: Icon, box, mark } = LOOKS[tone];
  return (
    <div role={isAlert ? "alert" : undefined} className={classNames("flex gap-3 rounded-lg border p-3", box)}>
      <Icon aria-hidden className={classNames("mt-0.5 size-4 shrink-0", mark)} />
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium break-words">{title}</p>
        {children && <div className="mt-0.5 text-sm text-ink-soft">{children}</div>}
        {action && <div className="mt-3">{action}</div>}
      </div>
    </div>
  );
}
