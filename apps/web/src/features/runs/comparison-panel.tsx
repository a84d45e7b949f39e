import { type DifferenceKind, isComparison, type Role, type RunDetail } from "@millrace/shared";
import type { ReactNode } from "react";
import { ListError } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Skeleton } from "../../components/ui/skeleton.tsx";
import { trpc } from "../../lib/trpc.ts";
import { DifferencesPanel } from "./differences-panel.tsx";
import { FoundPanel } from "./found-panel.tsx";
import { RepairedPanel } from "./repaired-panel.tsx";

export interface ComparisonPanelProps {
  /** A run that verifies or repairs, or a load that failed since what arrived differs; it has ended. */
  readonly run: RunDetail;
  readonly role: Role;
  /** Which differences are shown; all when left out. */
  readonly kind: DifferenceKind | undefined;
  readonly onKindChange: (kind: DifferenceKind | undefined) => void;
  /** Called with the id of the run that repairs. */
  readonly onRepairStarted: (runId: string) => void;
  readonly renderRunLink: (runId: string, label: string) => ReactNode;
  /** What starts another verification; nothing for those who may not. */
  readonly verifyAgain: ReactNode;
}

/** What a run that verifies has found, a load that failed for it, or one that repairs has done; nothing where it has not come so far. */
export function ComparisonPanel(props: ComparisonPanelProps) {
  const { run, role, kind, onKindChange, onRepairStarted, renderRunLink, verifyAgain } = props;
  const verification = trpc.runs.verification.useQuery({ id: run.id });
  if (verification.isPending) return <Skeleton className="h-40 w-full" />;
  if (verification.isError) {
    return (
      <Panel title="Verification" isFlush>
        <ListError error={verification.error} onRetry={() => void verification.refetch()} />
      </Panel>
    );
  }
  const { found, differences, repair, repaired } = verification.data;
  if (repair && repaired) {
    const link = renderRunLink(repair.runId, "the verification");
    return <RepairedPanel repaired={repaired} verification={link} verifyAgain={verifyAgain} />;
  }
  if (!found) return null;
  const isLoad = !isComparison(run.trigger);
  return (
    <>
      <FoundPanel found={found} isLoad={isLoad} />
      {differences.length > 0 && (
        <DifferencesPanel
          run={run}
          role={role}
          found={found}
          differences={differences}
          kind={kind}
          onKindChange={onKindChange}
          // What a load has brought was rolled back, so nothing is there to be repaired.
          onRepairStarted={isLoad ? null : onRepairStarted}
        />
      )}
    </>
  );
}
