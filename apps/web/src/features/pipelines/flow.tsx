import { ArrowRight } from "lucide-react";

export interface FlowEnd {
  /** Null where the name is not known, or not this user's to know. */
  readonly sourceName: string | null;
  readonly table: string | null;
}

/** Where a pipeline takes its rows and where it brings them. */
export function Flow({ from, to }: { readonly from: FlowEnd; readonly to: FlowEnd }) {
  return (
    <span className="flex min-w-0 flex-col gap-1 @4xl:flex-row @4xl:items-center @4xl:gap-2">
      <End end={from} />
      <ArrowRight role="img" aria-label="to" className="size-3.5 shrink-0 rotate-90 text-ink-faint @4xl:rotate-0" />
      <End end={to} />
    </span>
  );
}

function End({ end }: { readonly end: FlowEnd }) {
  return (
    <span className="min-w-0 first:max-w-full @4xl:first:max-w-[55%] @4xl:first:shrink-0">
      {end.sourceName && <span className="block truncate text-xs text-ink-faint">{end.sourceName}</span>}
      {end.table ? (
        <span className="block truncate font-mono text-xs" title={end.table}>
          {end.table}
        </span>
      ) : (
        <span className="block text-xs text-ink-faint italic">not set</span>
      )}
    </span>
  );
}
