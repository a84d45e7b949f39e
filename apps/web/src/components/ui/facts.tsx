import type { ReactNode } from "react";
import { classNames } from "../../lib/class-names.ts";

/** Names and their values. `grid` for figures side by side, `rows` for a configuration to read. */
export function Facts({ layout, children }: { readonly layout: "grid" | "rows"; readonly children: ReactNode }) {
  return (
    <dl
      className={
        layout === "grid"
          ? "grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-4"
          : "grid grid-cols-1 text-sm sm:grid-cols-[max-content_1fr] sm:gap-x-8 sm:gap-y-2.5"
      }
    >
      {children}
    </dl>
  );
}

/** A figure that changes: large, in digits of one width. */
export function Figure({
  name,
  children,
  note,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly note?: ReactNode;
}) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-ink-faint">{name}</dt>
      <dd className="tabular mt-0.5 text-lg font-semibold break-words">{children}</dd>
      {note && <dd className="tabular text-xs text-ink-soft">{note}</dd>}
    </div>
  );
}

/** A property and its value. */
export function Fact({
  name,
  children,
  isMono = false,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly isMono?: boolean;
}) {
  return (
    <>
      <dt className="mt-2.5 text-ink-faint first:mt-0 sm:mt-0">{name}</dt>
      <dd className={classNames("min-w-0 break-words", isMono && "font-mono text-xs leading-5")}>{children}</dd>
    </>
  );
}
