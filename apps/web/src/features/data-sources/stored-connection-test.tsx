import { trpc } from "../../lib/trpc.ts";
import { ConnectionTest } from "./connection-test.tsx";

/** Tests the data source as it is stored. */
export function StoredConnectionTest({ sourceId }: { readonly sourceId: string }) {
  const test = trpc.sources.test.useMutation();
  return (
    <ConnectionTest
      result={test.data ?? null}
      isStale={false}
      isTesting={test.isPending}
      error={test.error}
      onTest={() => test.mutate({ id: sourceId })}
    />
  );
}
