import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../lib/class-names.ts";
import type { Tone } from "./status.tsx";

const LOOKS: Record<Tone, string> = {
  neutral: "border-line bg-sunken text-ink-soft",
  accent: "border-accent/30 bg-accent-wash text-accent",
  good: "border-good/30 bg-good-wash text-good",
  warn: "border-warn/30 bg-warn-wash text-warn",
  bad: "border-bad/30 bg-bad-wash text-bad",
};

export interface BadgeProps {
  readonly tone?: Tone;
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
}

/** A short word about what it stands beside: a role, a type, a mode. States are `Status`. */
export function Badge({ tone = "neutral", icon: Icon, children }: BadgeProps) {
  return (
    <span
      className={classNames(
        "inline-flex h-5 items-center gap-1 rounded border px-1.5 align-middle text-2xs font-medium whitespace-nowrap",
        LOOKS[tone],
      )}
    >
      {Icon && <Icon aria-hidden className="size-3 shrink-0" />}
      {children}
    </span>
  );
}
