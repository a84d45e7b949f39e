import type { PlanChanges, PlanPipelineInput } from "@millrace/shared";
import { Scale } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Facts, Figure } from "../../components/ui/facts.tsx";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { formatCount, formatRows } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";
import { ChangedRows } from "./changed-rows.tsx";
import { CHANGE_KINDS, CHANGE_LOOKS } from "./change-looks.ts";

export interface PlanChangesPanelProps {
  /** A stored pipeline, or a draft; null while that cannot be planned. */
  readonly asked: PlanPipelineInput | null;
}

/** What a run would do to the rows that stand there. Reads both tables, so it is counted when somebody asks for it. */
export function PlanChangesPanel({ asked }: PlanChangesPanelProps) {
  const text = JSON.stringify(asked);
  const [wanted, setWanted] = useState<string | null>(null);
  const isWanted = wanted === text && asked !== null;
  const changes = trpc.pipelines.planChanges.useQuery(asked ?? NOTHING, {
    enabled: isWanted,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    trpc: { context: { isAlone: true }, abortOnUnmount: true },
  });
  const count = () => (isWanted ? void changes.refetch() : setWanted(text));
  return (
    <Panel
      title="What would a run change?"
      description="Compares the rows at both ends, and changes nothing"
      isFlush
      actions={
        <Button size="small" icon={Scale} isBusy={isWanted && changes.isFetching} disabled={!asked} onClick={count}>
          {isWanted && !changes.isFetching ? "Count again" : "Count the rows"}
        </Button>
      }
    >
      <p role="status" className="sr-only">
        {!isWanted ? "" : changes.isFetching ? "Counting" : changes.data ? summaryOf(changes.data) : ""}
      </p>
      {!isWanted ? (
        <p className="p-4 text-sm text-ink-soft">
          How many rows a run would insert, update and delete, with the first of each and the cells that differ. Both
          tables are read for it, for at most 20 seconds.
        </p>
      ) : changes.isFetching ? (
        <ListSkeleton />
      ) : changes.isError ? (
        <ListError error={changes.error} onRetry={() => void changes.refetch()} />
      ) : (
        changes.data && <Changes changes={changes.data} />
      )}
    </Panel>
  );
}

/** Stands in for what cannot be asked about, and is never asked about. */
const NOTHING: PlanPipelineInput = { id: "" };

function Changes({ changes }: { readonly changes: PlanChanges }) {
  const { counts, isComplete, refusal, columns, keyColumns } = changes;
  return (
    <>
      <div className="flex flex-col gap-3 p-4">
        {refusal && (
          <Notice tone="bad" title={`A run would be refused: ${refusal.message}`}>
            <p>{refusal.hint}</p>
            <p className="mt-1 font-mono text-xs">{refusal.code}</p>
          </Notice>
        )}
        {!isComplete && !refusal && (
          <Notice tone="warn" title="Time was up before all rows were compared">
            What follows was found until then: a run would change at least that many rows.
          </Notice>
        )}
        {counts && (
          <Facts layout="grid">
            {CHANGE_KINDS.map((kind) => (
              <Figure key={kind} name={CHANGE_LOOKS[kind].word}>
                <Count kind={kind} count={counts[kind]} isComplete={isComplete} />
              </Figure>
            ))}
            <Figure name="Unchanged">{isComplete ? formatCount(counts.unchanged) : NOT_KNOWN}</Figure>
          </Facts>
        )}
        <p className="text-sm text-ink-soft empty:hidden">{sentencesOf(changes).join(" ")}</p>
      </div>
      {CHANGE_KINDS.map((kind) => (
        <ChangedRows
          key={kind}
          kind={kind}
          rows={changes[kind]}
          total={counts?.[kind] ?? 0}
          columns={columns}
          keyColumns={keyColumns}
        />
      ))}
    </>
  );
}

const NOT_KNOWN: ReactNode = <span className="font-normal text-ink-faint">—</span>;

interface CountProps {
  readonly kind: (typeof CHANGE_KINDS)[number];
  readonly count: number;
  readonly isComplete: boolean;
}

function Count({ kind, count, isComplete }: CountProps) {
  const { icon: Icon, ink } = CHANGE_LOOKS[kind];
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon aria-hidden className={`size-4 ${count > 0 ? ink : "text-ink-faint"}`} />
      {!isComplete && <span className="text-xs font-normal text-ink-soft">at least</span>}
      {formatCount(count)}
    </span>
  );
}

function sentencesOf({ counts, sourceRows, destinationRows, isUpperBound, heldRows }: PlanChanges): string[] {
  const duplicates = counts?.duplicates ?? 0;
  return [
    ...(sourceRows === null ? [] : [`A run would read ${formatRows(sourceRows)}.`]),
    ...(destinationRows === null ? [] : [`${formatRows(destinationRows)} stand there now.`]),
    ...(counts === null && sourceRows !== null ? ["Without a key, rows cannot be told apart."] : []),
    ...(duplicates === 0 ? [] : [`${formatRows(duplicates)} share their key with a later one, which wins.`]),
    ...(isUpperBound && counts !== null
      ? ["Rows that the destination refuses would be set aside and not written, so a run may insert and update fewer."]
      : []),
    ...(heldRows === 0 ? [] : [`${formatRows(heldRows)} of earlier runs are held in quarantine.`]),
  ];
}

function summaryOf({ counts, refusal, isComplete }: PlanChanges): string {
  if (refusal) return refusal.message;
  if (!counts) return "Counted";
  const { inserted, updated, deleted } = counts;
  const figures = `${formatCount(inserted)} inserted, ${formatCount(updated)} updated, ${formatCount(deleted)} deleted`;
  return isComplete ? figures : `At least ${figures}`;
}
