import { ListSkeleton } from "../components/ui/list-states.tsx";
import { Skeleton } from "../components/ui/skeleton.tsx";

/** A page that is being loaded. */
export function PageSkeleton() {
  return (
    <div aria-busy="true">
      <Skeleton className="mb-6 h-7 w-56" />
      <PartSkeleton />
    </div>
  );
}

/** A part of a page that is being loaded, below what the parts share. */
export function PartSkeleton() {
  return (
    <div aria-busy="true" className="rounded-lg border border-line bg-surface">
      <ListSkeleton />
    </div>
  );
}
