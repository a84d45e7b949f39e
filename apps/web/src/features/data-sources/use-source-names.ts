import { hasRole, type Role } from "@millrace/shared";
import { useCallback } from "react";
import { trpc } from "../../lib/trpc.ts";

/** The largest page that the server gives. The contract's own constant would bring its schemas into the first load. */
const PAGE_SIZE = 200;

/** The data sources to choose from; none while they load, and for roles that may not see them. */
export function useSources(role: Role): readonly { readonly id: string; readonly name: string }[] {
  const { data } = trpc.sources.list.useQuery({ limit: PAGE_SIZE }, { enabled: hasRole(role, "editor") });
  return data?.items ?? NONE;
}

const NONE: readonly never[] = [];

/**
 * The names of data sources by their ids; null while they load, and for roles that may not see data sources, which then see
 * tables alone.
 */
export function useSourceNames(role: Role): (sourceId: string | null) => string | null {
  const sources = useSources(role);
  return useCallback((sourceId) => sources.find(({ id }) => id === sourceId)?.name ?? null, [sources]);
}
