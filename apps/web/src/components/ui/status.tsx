import type { LucideIcon } from "lucide-react";
import { classNames } from "../../lib/class-names.ts";

export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

const TEXT: Record<Tone, string> = {
  neutral: "text-ink-soft",
  accent: "text-accent",
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
};

const WASH: Record<Tone, string> = {
  neutral: "bg-sunken",
  accent: "bg-accent-wash",
  good: "bg-good-wash",
  warn: "bg-warn-wash",
  bad: "bg-bad-wash",
};

export interface StatusProps {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly word: string;
  readonly isSpinning?: boolean;
  /** With a ground of its own, where it stands beside a heading. */
  readonly isPill?: boolean;
}

/** A state by icon and word; the colour only repeats what they say. */
export function Status({ tone, icon: Icon, word, isSpinning = false, isPill = false }: StatusProps) {
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1.5 align-middle font-medium whitespace-nowrap",
        TEXT[tone],
        isPill ? classNames("h-6 rounded-full px-2.5 text-xs", WASH[tone]) : "text-sm",
      )}
    >
      <Icon
        aria-hidden
        className={classNames("size-3.5 shrink-0", isSpinning && "animate-spin [animation-duration:2s]")}
      />
      {word}
    </span>
  );
}
