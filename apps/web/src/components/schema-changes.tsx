import type { SchemaChange } from "@millrace/shared";
import { ArrowRight, CircleMinus, CirclePlus, type LucideIcon, PencilLine } from "lucide-react";
import { schemaChangeNote, schemaChangeWord } from "../lib/schema-words.ts";

const LOOKS: Record<ReturnType<typeof schemaChangeWord>, { readonly icon: LucideIcon; readonly tone: string }> = {
  Added: { icon: CirclePlus, tone: "text-good" },
  Missing: { icon: CirclePlus, tone: "text-good" },
  Removed: { icon: CircleMinus, tone: "text-bad" },
  Changed: { icon: PencilLine, tone: "text-warn" },
};

/** What has changed in a table, one change a line. */
export function SchemaChanges({ changes }: { readonly changes: readonly SchemaChange[] }) {
  return (
    <ul aria-label="What has changed" className="divide-y divide-line">
      {changes.map((change) => (
        <Change key={`${change.side} ${change.kind} ${change.column} ${change.after}`} change={change} />
      ))}
    </ul>
  );
}

function Change({ change }: { readonly change: SchemaChange }) {
  const { side, column, before, after } = change;
  const word = schemaChangeWord(change);
  const { icon: Icon, tone } = LOOKS[word];
  const note = schemaChangeNote(change);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 text-sm">
      <span className="inline-flex w-24 shrink-0 items-center gap-1.5 text-xs font-medium">
        <Icon aria-hidden className={`size-4 shrink-0 ${tone}`} />
        {word}
      </span>
      {column !== null && <code className="font-mono text-xs font-medium break-all">{column}</code>}
      <span className="inline-flex min-w-0 flex-wrap items-center gap-1.5">
        {before !== null && <Type>{before}</Type>}
        {before !== null && after !== null && before !== after && (
          <>
            <ArrowRight aria-hidden className="size-3 shrink-0 text-ink-faint" />
            <span className="sr-only">became</span>
          </>
        )}
        {after !== null && before !== after && <Type>{after}</Type>}
      </span>
      <span className="text-xs text-ink-soft">
        {[note, side === "destination" && "at the destination"].filter(Boolean).join(", ")}
      </span>
    </li>
  );
}

const Type = ({ children }: { readonly children: string }) => (
  <code className="font-mono text-xs break-all text-ink-soft">{children}</code>
);
