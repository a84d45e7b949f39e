import { toUserMessage } from "../../lib/errors.ts";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";
import { Skeleton } from "./skeleton.tsx";

/** The rows of a list while they are being loaded. */
export function ListSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="divide-y divide-line">
      {["w-48", "w-64", "w-40", "w-56"].map((width) => (
        <div key={width} className="flex items-center gap-6 px-4 py-3">
          <Skeleton className={`h-4 ${width} max-w-[45%]`} />
          <Skeleton className="h-4 w-20" />
          <Skeleton className="ml-auto h-4 w-24" />
        </div>
      ))}
    </div>
  );
}

/** A list that could not be loaded. */
export function ListError({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { message, hint } = toUserMessage(error);
  return (
    <div className="p-4">
      <Notice tone="bad" isAlert title={message} action={<Button onClick={onRetry}>Try again</Button>}>
        {hint}
      </Notice>
    </div>
  );
}

export interface LoadMoreProps {
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onLoad: () => void;
}

/** The next page of a list, on demand. */
export function LoadMore({ hasMore, isLoading, onLoad }: LoadMoreProps) {
  if (!hasMore) return null;
  return (
    <div className="flex justify-center border-t border-line p-3">
      <Button isBusy={isLoading} onClick={onLoad}>
        Show more
      </Button>
    </div>
  );
}
