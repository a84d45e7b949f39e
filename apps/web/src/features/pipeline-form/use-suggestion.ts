import { trpc } from "../../lib/trpc.ts";
import type { Draft } from "./draft.ts";
import type { DraftState } from "./use-draft.ts";

export interface Suggested {
  /** The draft, with suggestions where nothing was written yet. */
  readonly draft: Draft;
  /** Whether a suggestion is under way, so that nothing can be said yet about the fields that wait for it. */
  readonly isPending: boolean;
}

/** A name and a destination table for what has neither, as soon as both ends are known. What was written by hand stays. */
export function useSuggestion({ draft, changes }: DraftState, isNew: boolean): Suggested {
  const { sourceId, sourceTable, destinationId } = draft;
  const isWanted =
    isNew &&
    sourceId !== null &&
    sourceTable !== null &&
    destinationId !== null &&
    (changes.name === undefined || changes.destinationTable === undefined);
  const suggestion = trpc.pipelines.suggest.useQuery(
    { sourceId: sourceId ?? "", sourceTable: sourceTable ?? "", destinationId: destinationId ?? "" },
    { enabled: isWanted },
  );
  if (!isWanted) return { draft, isPending: false };
  return {
    draft: {
      ...draft,
      name: changes.name ?? suggestion.data?.name ?? "",
      destinationTable: changes.destinationTable ?? suggestion.data?.destinationTable ?? null,
    },
    isPending: suggestion.isPending,
  };
}
