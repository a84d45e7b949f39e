import { AppError } from "@millrace/shared";
import fp from "fastify-plugin";

/** Nothing in the API nests deeper than options within a data source within a body. */
const MAX_DEPTH = 20;
/** 8 KB (security.md S39). */
const MAX_URL_LENGTH = 8_192;

/** JSON is the one content type that the API reads. A missing body is fine where none is needed, whatever its type says. */
export const jsonBody = fp(async (app) => {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") return done(null, undefined);
    if (isTooDeep(body)) return done(new AppError("BODY_TOO_DEEP", { params: { depth: MAX_DEPTH } }));
    return parse(request, body, done);
  });
  app.addHook("onRequest", async (request) => {
    if (request.url.length > MAX_URL_LENGTH) throw new AppError("URL_TOO_LONG");
  });
});

/** Counts brackets outside strings, before anything is built from the text. */
export function isTooDeep(json: string, max: number = MAX_DEPTH): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < json.length; index += 1) {
    const char = json[index];
    if (isInString) {
      if (char === "\\") index += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === "{" || char === "[") {
      depth += 1;
      if (depth > max) return true;
    } else if (char === "}" || char === "]") depth -= 1;
  }
  return false;
}
