import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController, type RouteOptions } from "fastify";
import { newId } from "@millrace/shared";
import type { Platform } from "@millrace/rpc";
import { authentication } from "./plugins/authentication.ts";
import { docs } from "./plugins/docs.ts";
import { errors, sendProblem } from "./plugins/errors.ts";
import { gracefulStop } from "./plugins/graceful-stop.ts";
import { health } from "./plugins/health.ts";
import { jsonBody } from "./plugins/json-body.ts";
import { origin } from "./plugins/origin.ts";
import { rateLimits } from "./plugins/rate-limits.ts";
import { requestLog } from "./plugins/request-log.ts";
import { rest } from "./plugins/rest.ts";
import { securityHeaders } from "./plugins/security-headers.ts";
import { signIn } from "./plugins/sign-in.ts";
import { trpc } from "./plugins/trpc.ts";
import { readIndexPage, webApp } from "./plugins/web-app.ts";

export interface ApiDeps {
  readonly platform: Platform;
  readonly logger: FastifyBaseLogger;
  /** The folder of the built web app; null where there is none. */
  readonly webRoot: string | null;
  /** The address that browsers use; null for whatever the Host header says. */
  readonly publicUrl: string | null;
  /** Proxies whose `X-Forwarded-*` headers count. */
  readonly trustedProxies: readonly string[];
  /** By session, token or, without either, address. Default 600. */
  readonly requestsPerMinute?: number;
  /** Told each route as it is made, so that tests can walk them all. */
  readonly onRoute?: (route: RouteOptions) => void;
}

/** security.md S40. */
const REQUESTS_PER_MINUTE = 600;
/** 1 MB (security.md S39). */
const MAX_BODY_BYTES = 1_048_576;

/** The whole API, ready but not listening. It owns nothing of `deps`: whoever opened the platform closes it after the app. */
export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.logger,
    // One line a request, by `requestLog`, which leaves out the query.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newId,
    bodyLimit: MAX_BODY_BYTES,
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    // A request must have arrived in full within 30 s; streams answer for as long as they like.
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000 },
    forceCloseConnections: "idle",
    // A batch of tRPC calls is one long path segment.
    routerOptions: { maxParamLength: 5_000 },
    // An address that cannot be decoded never reaches a route, nor its hooks.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  });
  if (deps.onRoute) app.addHook("onRoute", deps.onRoute);
  await app.register(requestLog);
  await app.register(securityHeaders, { publicUrl: deps.publicUrl });
  await app.register(errors, { indexPage: deps.webRoot === null ? null : await readIndexPage(deps.webRoot) });
  await app.register(gracefulStop);
  await app.register(origin, { publicUrl: deps.publicUrl });
  const requestsPerMinute = deps.requestsPerMinute ?? REQUESTS_PER_MINUTE;
  await app.register(authentication, { platform: deps.platform, invalidPerMinute: requestsPerMinute });
  await app.register(rateLimits, { requestsPerMinute });
  await app.register(jsonBody);
  await app.register(health, { store: deps.platform.store });
  await app.register(signIn, { platform: deps.platform });
  await app.register(rest, { platform: deps.platform });
  await app.register(trpc, { platform: deps.platform, prefix: "/trpc" });
  await app.register(docs);
  if (deps.webRoot !== null) await app.register(webApp, { root: deps.webRoot });
  await app.ready();
  return app;
}
