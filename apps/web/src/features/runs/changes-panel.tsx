import type { RowChanges } from "@millrace/shared";
import { Facts, Figure } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { formatCount, formatRows } from "../../lib/format.ts";

/** What a run whose rows find their place by a key did to the destination. */
export function ChangesPanel({ changes }: { readonly changes: RowChanges }) {
  const { inserted, updated, deleted, unchanged, duplicates } = changes;
  return (
    <Panel title="Changes" description="What the run did to the destination's rows">
      <Facts layout="grid">
        <Figure name="Inserted">{formatCount(inserted)}</Figure>
        <Figure name="Updated">{formatCount(updated)}</Figure>
        <Figure name="Deleted">{formatCount(deleted)}</Figure>
        <Figure name="Unchanged">{formatCount(unchanged)}</Figure>
      </Facts>
      {duplicates > 0 && (
        <p className="mt-3 text-sm text-ink-soft">
          {formatRows(duplicates)} shared their key with a later one of the same run, which won: of these nothing was
          written.
        </p>
      )}
    </Panel>
  );
}
