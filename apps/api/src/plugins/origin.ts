import { AppError } from "@millrace/shared";
import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";

export interface OriginOptions {
  readonly publicUrl: string | null;
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what another site makes a browser send (security.md S20). Browsers say in `Sec-Fetch-Site` and `Origin` where a
 * request comes from and let no script change either; what says neither is no browser, and carries no one else's cookie.
 */
export const origin = fp<OriginOptions>(async (app, { publicUrl }) => {
  app.addHook("onRequest", async (request) => {
    const isSafe = SAFE_METHODS.has(request.method);
    // A link from elsewhere into the app is a navigation and harmless; a script's or a frame's read is not.
    if (isSafe && (!isApi(request) || request.headers["sec-fetch-mode"] === "navigate")) return;
    if (!isOwnSite(request, publicUrl)) throw new AppError("ORIGIN_FORBIDDEN");
  });
});

const isApi = (request: FastifyRequest): boolean => /^\/(api|trpc)(\/|$)/.test(request.url);

function isOwnSite(request: FastifyRequest, publicUrl: string | null): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const { origin: from } = request.headers;
  if (from === undefined) return true;
  if (!URL.canParse(from)) return false;
  return from === publicUrl || new URL(from).host === request.host;
}
