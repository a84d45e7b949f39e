import { ArrowRight } from "lucide-react";
import type { Draft } from "./draft.ts";

export interface DraftLineProps {
  readonly draft: Draft;
  readonly nameOf: (sourceId: string | null) => string | null;
}

/** What was chosen so far, in one line. */
export function DraftLine({ draft, nameOf }: DraftLineProps) {
  if (draft.sourceId === null) return null;
  return (
    <p className="mb-4 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm">
      <End name={nameOf(draft.sourceId)} table={draft.sourceTable} />
      <ArrowRight role="img" aria-label="to" className="size-3.5 shrink-0 text-ink-faint" />
      {draft.destinationId === null ? (
        <span className="text-ink-faint">…</span>
      ) : (
        <End name={nameOf(draft.destinationId)} table={draft.destinationTable} />
      )}
    </p>
  );
}

function End({ name, table }: { readonly name: string | null; readonly table: string | null }) {
  return (
    <span className="inline-flex min-w-0 flex-wrap items-baseline gap-x-1.5">
      {name !== null && <span className="text-ink-soft">{name}</span>}
      {table && <code className="font-mono text-xs break-all">{table}</code>}
    </span>
  );
}
