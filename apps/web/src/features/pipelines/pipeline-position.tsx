import { Skeleton } from "../../components/ui/skeleton.tsx";
import { Time } from "../../components/ui/time.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

/** How far an incremental pipeline has read, as its destination has it now. For who may see rows. */
export function PipelinePosition({ pipelineId }: { readonly pipelineId: string }) {
  const position = trpc.pipelines.position.useQuery(
    { id: pipelineId },
    { retry: false, trpc: { context: { isAlone: true }, abortOnUnmount: true } },
  );
  if (position.isPending) return <Skeleton className="inline-block h-4 w-48 align-middle" />;
  if (position.isError)
    return <span className="text-ink-soft">not known: {toUserMessage(position.error).message}</span>;
  if (position.data === null) return <span className="text-ink-soft">none yet: the next run reads all rows</span>;
  const { column, value, at } = position.data;
  return (
    <span>
      <code className="font-mono text-xs break-all">
        {column} = {value}
      </code>{" "}
      <span className="text-ink-soft">
        (last run published <Time at={at} />)
      </span>
    </span>
  );
}
