import type { BulkOutcome } from "@millrace/shared";
import { useState } from "react";
import { toast } from "sonner";
import { toUserMessage } from "../../lib/errors.ts";
import { trpc } from "../../lib/trpc.ts";

export type BulkAction = "trigger" | "activate" | "deactivate" | "delete";

/** The server takes at most this many in one call. */
const MAX_IDS = 200;

const DONE: Record<BulkAction, string> = {
  trigger: "started",
  activate: "switched on",
  deactivate: "switched off",
  delete: "deleted",
};

export interface Bulk {
  readonly run: (action: BulkAction, ids: readonly string[]) => Promise<void>;
  readonly busy: BulkAction | null;
}

/**
 * Does one thing to many pipelines and says how it went. `onDone` gets the ids of those that it did not go well for, so that they
 * stay selected.
 */
export function useBulk(onDone: (refusedIds: readonly string[], action: BulkAction) => void): Bulk {
  const { client } = trpc.useUtils();
  const [busy, setBusy] = useState<BulkAction | null>(null);
  const call = (action: BulkAction, ids: string[]): Promise<BulkOutcome[]> => {
    if (action === "trigger") return client.pipelines.triggerMany.mutate({ ids });
    if (action === "delete") return client.pipelines.deleteMany.mutate({ ids });
    return client.pipelines.switchMany.mutate({ ids, status: action === "activate" ? "active" : "inactive" });
  };
  const run = async (action: BulkAction, ids: readonly string[]) => {
    setBusy(action);
    const outcomes: BulkOutcome[] = [];
    try {
      for (let start = 0; start < ids.length; start += MAX_IDS) {
        outcomes.push(...(await call(action, ids.slice(start, start + MAX_IDS))));
      }
    } catch (error) {
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    }
    report(action, outcomes);
    const done = new Set(outcomes.filter(({ error }) => error === null).map(({ id }) => id));
    onDone(
      ids.filter((id) => !done.has(id)),
      action,
    );
    setBusy(null);
  };
  return { run, busy };
}

function report(action: BulkAction, outcomes: readonly BulkOutcome[]): void {
  const refusals = outcomes.flatMap(({ error }) => (error ? [error] : []));
  const doneCount = outcomes.length - refusals.length;
  if (doneCount > 0) toast.success(`${counted(doneCount)} ${DONE[action]}`);
  const [first] = refusals;
  if (!first) return;
  const reasons = new Map<string, number>();
  for (const { message } of refusals) reasons.set(message, (reasons.get(message) ?? 0) + 1);
  const description =
    reasons.size === 1 ? first.hint : [...reasons].map(([message, count]) => `${message} (${count})`).join(". ");
  const title = reasons.size === 1 ? first.message : "They were refused for different reasons";
  toast.error(`${counted(refusals.length)} not ${DONE[action]}: ${title}`, { description });
}

const counted = (count: number) => (count === 1 ? "1 pipeline" : `${count} pipelines`);
