const BASE = "http://millrace.invalid";

/** Where a sign-in leads: a path of this app and nothing else, so that a link cannot carry people off to another site. */
export function safeReturnTo(returnTo: string | undefined): string {
  if (!returnTo?.startsWith("/")) return "/";
  const url = URL.parse(returnTo, BASE);
  return url?.origin === BASE && !returnTo.startsWith("//") ? `${url.pathname}${url.search}${url.hash}` : "/";
}

/** The search parameter by which a page learns which data source was created for it. */
const CREATED_SOURCE = "createdSourceId";

/** The safe path with the data source that was created on the way back to it. */
export function withCreatedSource(path: string, sourceId: string): string {
  const url = new URL(path, BASE);
  url.searchParams.set(CREATED_SOURCE, sourceId);
  return `${url.pathname}${url.search}${url.hash}`;
}
