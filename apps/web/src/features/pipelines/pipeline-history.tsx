import type { AuditChange, AuditEvent } from "@millrace/shared";
import { Link } from "@tanstack/react-router";
import { Ban, FilePlus2, History, type LucideIcon, Pencil, Play, ToggleRight, Undo2 } from "lucide-react";
import { EmptyState } from "../../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Time } from "../../components/ui/time.tsx";
import { trpc } from "../../lib/trpc.ts";
import { actionPhrase, fieldWord, startedRunId, valueText } from "./history-words.ts";

type NameOf = (sourceId: string | null) => string | null;

/** Who changed what about a pipeline, and when. */
export function PipelineHistory({ pipelineId, nameOf }: { readonly pipelineId: string; readonly nameOf: NameOf }) {
  const history = trpc.pipelines.history.useInfiniteQuery(
    { id: pipelineId, limit: 30 },
    { getNextPageParam: (page) => page.nextCursor },
  );
  return (
    <Panel title="History" description="What was done to this pipeline and its runs" isFlush>
      {history.isPending ? (
        <ListSkeleton />
      ) : history.isError ? (
        <ListError error={history.error} onRetry={() => void history.refetch()} />
      ) : history.data.pages[0]?.items.length === 0 ? (
        <EmptyState icon={History} title="No changes yet">
          Changes appear here with who made them.
        </EmptyState>
      ) : (
        <>
          <ol className="divide-y divide-line">
            {history.data.pages
              .flatMap((page) => page.items)
              .map((event) => (
                <Event key={event.id} event={event} nameOf={nameOf} />
              ))}
          </ol>
          <LoadMore
            hasMore={history.hasNextPage}
            isLoading={history.isFetchingNextPage}
            onLoad={() => void history.fetchNextPage()}
          />
        </>
      )}
    </Panel>
  );
}

function Event({ event, nameOf }: { readonly event: AuditEvent; readonly nameOf: NameOf }) {
  const Icon = iconOf(event);
  const runId = startedRunId(event);
  const changes = event.changes.filter(({ field }) => field !== "run");
  return (
    <li className="flex gap-3 px-4 py-3">
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-faint" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <p className="min-w-0 text-sm break-words">
            <span className="font-medium">{event.actor.name}</span>
            {event.via === "token" && <span className="text-ink-faint"> (API token)</span>} {actionPhrase(event)}
            {(runId ?? (event.subjectType === "run" && event.subjectId)) && (
              <>
                {" · "}
                <Link
                  to="/runs/$runId"
                  params={{ runId: runId ?? event.subjectId ?? "" }}
                  className="font-medium text-accent hover:underline"
                >
                  the run
                </Link>
              </>
            )}
          </p>
          <span className="text-xs text-ink-faint">
            <Time at={event.at} />
          </span>
        </div>
        {changes.length > 0 && <Changes changes={changes} nameOf={nameOf} isNew={SAYS_NO_BEFORE.has(event.action)} />}
      </div>
    </li>
  );
}

/** Of something new, or of what somebody has agreed to, there is nothing before. */
const SAYS_NO_BEFORE: ReadonlySet<string> = new Set(["pipelines.create", "pipelines.acceptSchema"]);

interface ChangesProps {
  readonly changes: readonly AuditChange[];
  readonly nameOf: NameOf;
  /** Of something new there is nothing before. */
  readonly isNew: boolean;
}

function Changes({ changes, nameOf, isNew }: ChangesProps) {
  return (
    <dl className="mt-1.5 grid grid-cols-1 gap-x-4 gap-y-1 text-xs sm:grid-cols-[9rem_minmax(0,1fr)]">
      {changes.map(({ field, values }) => (
        <div key={field} className="contents">
          <dt className="text-ink-faint">{fieldWord(field)}</dt>
          <dd className="min-w-0 break-words">
            {values === null ? (
              <span className="text-ink-faint italic">changed</span>
            ) : (
              <>
                {!isNew && (
                  <>
                    <del className="text-ink-faint decoration-ink-faint/60">
                      {valueText(field, values.before, nameOf)}
                    </del>
                    <span aria-hidden className="px-1.5 text-ink-faint">
                      →
                    </span>
                  </>
                )}
                <ins className="no-underline">{valueText(field, values.after, nameOf)}</ins>
              </>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function iconOf({ action, changes }: AuditEvent): LucideIcon {
  if (action === "pipelines.create") return FilePlus2;
  if (action === "runs.cancel") return Ban;
  if (action === "runs.undo") return Undo2;
  if (action === "pipelines.backfill") return History;
  if (action === "runs.retry" || action.startsWith("pipelines.trigger")) return Play;
  return changes.length === 1 && changes[0]?.field === "isEnabled" ? ToggleRight : Pencil;
}
