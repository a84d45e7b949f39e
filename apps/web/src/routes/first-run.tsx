import { hasRole, type Role } from "@millrace/shared";
import { Link, useRouter } from "@tanstack/react-router";
import { Database, FlaskConical, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { ListSkeleton } from "../components/ui/list-states.tsx";
import { Notice } from "../components/ui/notice.tsx";
import { Beginning } from "../features/first-run/beginning.tsx";
import { useLoadSample } from "../features/first-run/use-load-sample.ts";
import { trpc } from "../lib/trpc.ts";

export interface FirstRunProps {
  readonly role: Role;
  /** For who has data sources already, or may not make any. */
  readonly otherwise: ReactNode;
}

/** Where an organization begins that has neither pipelines nor data sources: with the sample, or with a database of its own. */
export function FirstRun({ role, otherwise }: FirstRunProps) {
  const isAdmin = hasRole(role, "admin");
  const sources = trpc.sources.list.useQuery({ limit: 1 }, { enabled: isAdmin });
  if (!isAdmin) return otherwise;
  if (sources.isPending) return <ListSkeleton />;
  if (sources.data && sources.data.items.length > 0) return otherwise;
  return (
    <div className="@container bg-canvas p-3 sm:p-6">
      <h2 className="text-lg font-semibold">Where do you want to begin?</h2>
      <p className="mt-0.5 mb-5 text-sm text-ink-soft">
        A pipeline moves a table from one data source to another, and proves what arrived.
      </p>
      <div className="grid gap-4 @2xl:grid-cols-2">
        <SampleBeginning />
        <Beginning
          icon={Database}
          title="Connect a database"
          action={
            <Link to="/data-sources/new" className={buttonClass("secondary")}>
              <Plus aria-hidden className="size-3.5" />
              New data source
            </Link>
          }
        >
          Begin with your own data. You need its address, and a user that may read it; the form shows the SQL for one.
        </Beginning>
      </div>
    </div>
  );
}

function SampleBeginning() {
  const router = useRouter();
  const { state, load, isBusy } = useLoadSample(({ runId }) => {
    // Who has gone elsewhere meanwhile stays there.
    if (router.state.location.pathname !== "/pipelines") return;
    void router.navigate({ to: "/runs/$runId", params: { runId } });
  });
  if (!state?.isOffered) return null;
  return (
    <Beginning
      icon={FlaskConical}
      title="Load the sample"
      action={
        <div className="flex flex-col items-start gap-3">
          {state.failure && !isBusy && (
            <Notice tone="bad" isAlert title={state.failure.message}>
              {state.failure.hint}
            </Notice>
          )}
          <Button variant="primary" icon={FlaskConical} isBusy={isBusy} onClick={load}>
            <span aria-live="polite">{isBusy ? "Making the sample…" : "Load the sample"}</span>
          </Button>
        </div>
      }
    >
      Look around first: a shop of about 100,000 rows, a warehouse, and a pipeline between them that runs at once. It
      takes a few seconds and leaves your own databases alone.
    </Beginning>
  );
}
