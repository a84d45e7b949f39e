/** A look into a database costs it a connection, so what was seen is kept for a while and not read again on every glance. */
export const CATALOG_QUERY = { staleTime: 60_000, refetchOnWindowFocus: false } as const;
