import { classNames } from "../../lib/class-names.ts";

export interface ProgressBarProps {
  readonly label: string;
  /** 0 to 1, or null while work goes on whose end is not known. */
  readonly share: number | null;
  /** What the bar means, for screen readers. */
  readonly text: string;
  readonly tone?: "accent" | "good" | "bad" | "neutral";
}

const FILLS = { accent: "bg-accent", good: "bg-good", bad: "bg-bad", neutral: "bg-line-strong" };

/** How much of something is done. */
export function ProgressBar({ label, share, text, tone = "accent" }: ProgressBarProps) {
  const percent = share === null ? null : Math.round(share * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      aria-valuetext={text}
      className="h-1.5 overflow-hidden rounded-full bg-line"
    >
      <div
        className={classNames(
          "h-full rounded-full transition-[width] duration-500 ease-out",
          FILLS[tone],
          percent === null && "w-1/4 animate-[slide_1.6s_ease-in-out_infinite]",
        )}
        style={percent === null ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}
