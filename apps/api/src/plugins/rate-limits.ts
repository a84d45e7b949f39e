import rateLimit from "@fastify/rate-limit";
import { AppError } from "@millrace/shared";
import fp from "fastify-plugin";

export interface RateLimitsOptions {
  readonly requestsPerMinute: number;
}

/** By session or token, else by address (security.md S40). Runs after authentication, so that a token's limit is its own. */
export const rateLimits = fp<RateLimitsOptions>(async (app, { requestsPerMinute }) => {
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    // Bounded, so that a flood of addresses cannot fill the memory.
    cache: 10_000,
    keyGenerator: (request) => request.actor?.credentialId ?? request.ip,
    allowList: (request) => request.routeOptions.config.isQuiet === true,
    addHeadersOnExceeding: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError("RATE_LIMITED", { params: { seconds: Math.max(1, Math.ceil(ttl / 1000)) } }),
  });
});
