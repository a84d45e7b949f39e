/** Where a sign-in leads: a path of this app and nothing else, so that a link cannot carry people off to another site. */
export function safeReturnTo(returnTo: string | undefined): string {
  if (!returnTo?.startsWith("/")) return "/";
  const base = "http://millrace.invalid";
  const url = URL.parse(returnTo, base);
  return url?.origin === base && !returnTo.startsWith("//") ? `${url.pathname}${url.search}${url.hash}` : "/";
}
