/**
 * Takes the password out of a connection URL, which can then be sent to be read: the password stays where it was pasted.
 * Only what stands between the first `:` and the last `@` before the path is taken, percent-decoded; a URL that has no such
 * part, or one that cannot be decoded, is handed back as it is.
 */
export function splitUrlPassword(text: string): { url: string; password: string | null } {
  const whole = { url: text, password: null };
  const match = /^(\s*[a-z][a-z0-9+.-]*:\/\/)([^/?#]*)(.*)$/is.exec(text);
  const [, scheme = "", authority = "", rest = ""] = match ?? [];
  const at = authority.lastIndexOf("@");
  const colon = authority.indexOf(":");
  if (!match || at < 0 || colon < 0 || colon > at) return whole;
  try {
    const password = decodeURIComponent(authority.slice(colon + 1, at));
    return { url: scheme + authority.slice(0, colon) + authority.slice(at) + rest, password };
  } catch {
    return whole;
  }
}
