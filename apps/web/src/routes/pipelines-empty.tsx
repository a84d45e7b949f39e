import { Link } from "@tanstack/react-router";
import { Plus, SearchX, Waypoints } from "lucide-react";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { EmptyState } from "../components/ui/empty-state.tsx";

/** No pipeline is what was asked for. */
export function NothingFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState
      icon={SearchX}
      title="No pipeline matches"
      action={<Button onClick={onClear}>Show all pipelines</Button>}
    >
      Names and descriptions are searched, whatever their case.
    </EmptyState>
  );
}

/** No pipeline is there at all: what to do next. */
export function NoPipelines({ canCreate }: { readonly canCreate: boolean }) {
  return (
    <EmptyState icon={Waypoints} title="No pipelines yet" action={canCreate && <NewPipelineLink />}>
      A pipeline moves a table from one data source to another, and proves what arrived.
      {!canCreate && " An editor of your organization can create one."}
    </EmptyState>
  );
}

export const NewPipelineLink = () => (
  <Link to="/pipelines/new" className={buttonClass("primary")}>
    <Plus aria-hidden className="size-3.5" />
    New pipeline
  </Link>
);
