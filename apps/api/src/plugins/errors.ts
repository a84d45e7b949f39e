import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError } from "@millrace/shared";
import fp from "fastify-plugin";
import { allowedMethods } from "../rest/routes.ts";
import { describeFailure, problemOf } from "./problem.ts";
import { pathOf } from "./request-log.ts";

export interface ErrorsOptions {
  /** For addresses that the web app routes by itself; null without a web app. */
  readonly indexPage: string | null;
}

/**
 * Whatever goes wrong outside tRPC is answered as a problem document; only what is our own fault is logged with its stack.
 * A browser that navigates to an address which no route has gets the web app; programs get a 404.
 */
export const errors = fp<ErrorsOptions>(async (app, { indexPage }) => {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    if (indexPage === null || !isNavigation(request)) return sendProblem(notFound(request), request, reply);
    return reply.code(200).header("cache-control", "no-cache").type("text/html; charset=utf-8").send(indexPage);
  });
});

const isNavigation = (request: FastifyRequest): boolean =>
  ["GET", "HEAD"].includes(request.method) &&
  request.headers.accept?.includes("text/html") === true &&
  !/^\/(api|trpc)(\/|$)/.test(pathOf(request.url));

export function sendProblem(failure: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { error } = describeFailure(failure);
  logFailure(error, request);
  addErrorHeaders(error, reply);
  const problem = problemOf(failure, request.id);
  return reply.code(problem.status).type("application/problem+json; charset=utf-8").send(JSON.stringify(problem));
}

export function logFailure(error: AppError, request: FastifyRequest): void {
  if (error.entry.http >= 500) request.log.error({ err: error, code: error.code }, "request failed");
  else request.log.debug({ code: error.code }, "request refused");
}

export function addErrorHeaders(error: AppError, reply: FastifyReply): void {
  if (error.code === "RATE_LIMITED") reply.header("retry-after", String(error.params["seconds"] ?? 1));
  if (error.code === "METHOD_NOT_ALLOWED") reply.header("allow", String(error.params["allowed"] ?? ""));
  if (error.code === "UNAUTHENTICATED") reply.header("www-authenticate", "Bearer");
}

/** 405 where the path is one of the API's under another method, else 404. Names nothing that the docs do not name as well. */
function notFound(request: FastifyRequest): AppError {
  const path = pathOf(request.url).slice(0, 200);
  const allowed = allowedMethods(path);
  const params = { method: request.method, path };
  return allowed.length > 0
    ? new AppError("METHOD_NOT_ALLOWED", { params: { ...params, allowed: allowed.join(", ") } })
    : new AppError("ROUTE_NOT_FOUND", { params });
}
