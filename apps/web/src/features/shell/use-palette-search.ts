import { hasRole, type Role } from "@millrace/shared";
import { keepPreviousData } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { matchesSearch } from "./palette.ts";
import { trpc } from "../../lib/trpc.ts";

/** Long enough for the next key, short enough to feel immediate. */
const PAUSE_MS = 150;
const SHOWN = 6;
/** Runs are found by the names of their pipelines, among so many of the latest. */
const LATEST_RUNS = 50;

/** What of the organization matches, a few of each kind; what was last touched while nothing is searched for. */
export function usePaletteSearch(search: string, { role, isOpen }: { readonly role: Role; readonly isOpen: boolean }) {
  const name = nameIn(search);
  const settled = useSettled(name);
  const options = { enabled: isOpen, placeholderData: keepPreviousData };
  const found = { limit: SHOWN, ...(settled && { search: settled }) };
  const pipelines = trpc.pipelines.list.useQuery(found, options);
  const sources = trpc.sources.list.useQuery(found, { ...options, enabled: isOpen && hasRole(role, "editor") });
  const runs = trpc.runs.list.useQuery({ limit: LATEST_RUNS, withLog: false }, options);
  return {
    pipelines: pipelines.data?.items ?? [],
    sources: sources.data?.items ?? [],
    runs: (runs.data?.items ?? [])
      .filter(({ pipelineName }) => matchesSearch(`run ${pipelineName}`, search))
      .slice(0, SHOWN),
    isSearching: settled !== name || pipelines.isFetching || sources.isFetching,
  };
}

/** What is left of `run orders`: pipelines are not called by what one wants of them. */
const nameIn = (search: string): string => search.trim().replace(/^run\b\s*/i, "");

/** The text once it has rested. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
