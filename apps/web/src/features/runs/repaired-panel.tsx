import type { RepairCounts } from "@millrace/shared";
import type { ReactNode } from "react";
import { Facts, Figure } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { formatCount } from "../../lib/format.ts";

export interface RepairedPanelProps {
  readonly repaired: RepairCounts;
  /** A link to what has listed the rows. */
  readonly verification: ReactNode;
  readonly verifyAgain: ReactNode;
}

/** What a repair did to the destination's rows. */
export function RepairedPanel({ repaired, verification, verifyAgain }: RepairedPanelProps) {
  const { inserted, updated, deleted, left } = repaired;
  return (
    <Panel title="Repair" description="What the run did to the destination's rows" actions={verifyAgain}>
      <Facts layout="grid">
        <Figure name="Inserted">{formatCount(inserted)}</Figure>
        <Figure name="Updated">{formatCount(updated)}</Figure>
        <Figure name="Deleted">{formatCount(deleted)}</Figure>
        <Figure name="Left" note={left > 0 && "only the destination has them"}>
          {formatCount(left)}
        </Figure>
      </Facts>
      <p className="mt-3 text-sm text-ink-soft">
        Before it was committed, each row that {verification} had listed was compared once more: those that the source
        has were equal at both ends. No other row was touched.
      </p>
    </Panel>
  );
}
