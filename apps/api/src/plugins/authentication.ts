import { type Actor, AttemptLimiter, type Credentials, type Platform } from "@millrace/rpc";
import { AppError } from "@millrace/shared";
import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { isPublicCall } from "./trpc-paths.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null on public routes, where nobody is looked up. */
    actor: Actor | null;
  }
  interface FastifyContextConfig {
    /** Served to anybody. Every other route needs a session or a token. */
    isPublic?: boolean;
    /** Public or not by the procedures that the path names. */
    isProcedure?: boolean;
    /** Not worth a line in the log, and not counted against the rate limit. */
    isQuiet?: boolean;
  }
}

export interface AuthenticationOptions {
  readonly platform: Platform;
  /** Invalid sessions and tokens from one address, each of which costs a look into the database. */
  readonly invalidPerMinute: number;
}

/**
 * Default deny, before a body is read. What is public is so by the route object that Fastify matched, never by the spelling
 * of a path: endings, doubled slashes and encodings have no say (security.md S18).
 */
export const authentication = fp<AuthenticationOptions>(async (app, { platform, invalidPerMinute }) => {
  const invalid = new AttemptLimiter({ attempts: invalidPerMinute, windowMs: 60_000, clock: platform.clock });
  app.decorateRequest("actor", null);
  app.addHook("onRequest", async (request, reply) => {
    const { isPublic, isProcedure } = request.routeOptions.config;
    // What no route answers tells nobody anything.
    if (request.is404 || isPublic === true) return;
    if (isProcedure === true && isPublicCall(request)) return;
    const credentials = credentialsOf(request);
    if (credentials.cookie === undefined && credentials.token === undefined) throw new AppError("UNAUTHENTICATED");
    invalid.assertFree(request.ip);
    const authenticated = await platform.accounts.authenticate(credentials);
    if (!authenticated) {
      invalid.take(request.ip);
      throw new AppError("UNAUTHENTICATED");
    }
    request.actor = authenticated.actor;
    if (authenticated.setCookies.length > 0) reply.header("set-cookie", authenticated.setCookies);
  });
});

/** A token that is sent along counts alone: a script with a revoked one must not pass by a cookie that lies around. */
function credentialsOf(request: FastifyRequest): Credentials {
  const { authorization, cookie } = request.headers;
  const key = request.headers["x-api-key"];
  if (authorization !== undefined) {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    return { cookie: undefined, token: token ?? "" };
  }
  if (key !== undefined) return { cookie: undefined, token: String(key) };
  return { cookie, token: undefined };
}
