import { hasRole, type Role } from "@millrace/shared";
import { useCallback } from "react";
import { trpc } from "../../lib/trpc.ts";

/** The largest page that the server gives. The contract's own constant would bring its schemas into the first load. */
const PAGE_SIZE = 200;

/**
 * The names of data sources by their ids; null while they load, and for roles that may not see data sources, which then see
 * tables alone.
 */
export function useSourceNames(role: Role): (sourceId: string | null) => string | null {
  const { data } = trpc.sources.list.useQuery({ limit: PAGE_SIZE }, { enabled: hasRole(role, "editor") });
  return useCallback((sourceId) => data?.items.find(({ id }) => id === sourceId)?.name ?? null, [data]);
}
