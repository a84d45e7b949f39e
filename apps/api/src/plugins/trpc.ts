import { type AppRouter, appErrorOf, appRouter, type Context, type Platform } from "@millrace/rpc";
import { AppError } from "@millrace/shared";
import { getTRPCErrorShape, TRPCError } from "@trpc/server";
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { addErrorHeaders, logFailure } from "./errors.ts";
import { isTooDeep } from "./json-body.ts";
import { describeFailure } from "./problem.ts";
import { MAX_BATCH_SIZE } from "./trpc-paths.ts";

export interface TrpcOptions {
  readonly platform: Platform;
}

/** Registered under a prefix: the adapter replaces the content type parsers, which must stay its own affair. */
export const trpc: FastifyPluginAsync<TrpcOptions> = async (app, { platform }) => {
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, isProcedure: true };
  });
  app.addHook("preHandler", async ({ body }) => {
    if (typeof body === "string" && isTooDeep(body)) throw new AppError("BODY_TOO_DEEP", { params: { depth: 20 } });
  });
  // What is refused before a procedure is reached must still read as an answer of tRPC, or its client could not make sense of it.
  app.setErrorHandler((failure, request, reply) => {
    const { error } = describeFailure(failure);
    logFailure(error, request);
    addErrorHeaders(error, reply);
    const shape = {
      error: getTRPCErrorShape({
        config: appRouter._def._config,
        error: new TRPCError({ code: error.entry.trpc, message: error.message, cause: error }),
        type: "unknown",
        path: undefined,
        input: undefined,
        ctx: undefined,
      }),
    };
    return reply.code(error.entry.http).send(isBatch(request) ? pathsOf(request).map(() => shape) : shape);
  });
  const createContext = ({ req }: { req: FastifyRequest }): Context => ({
    platform,
    actor: req.actor,
    door: "trpc",
    address: req.ip,
  });
  const trpcOptions = {
    router: appRouter,
    createContext,
    maxBatchSize: MAX_BATCH_SIZE,
    onError: ({ error, req, path }) => {
      const appError = appErrorOf(error);
      if (appError.entry.http >= 500) req.log.error({ err: appError, path }, "procedure failed");
    },
    responseMeta: ({ errors }) => {
      const limited = errors.map(appErrorOf).find((error) => error.code === "RATE_LIMITED");
      return limited ? { headers: { "retry-after": String(limited.params["seconds"] ?? 1) } } : {};
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>["trpcOptions"];
  // Called rather than registered, so that what it adds can be taken back here.
  fastifyTRPCPlugin(app, { trpcOptions }, () => undefined);
  // Nothing here is a form (security.md S41).
  app.removeContentTypeParser("multipart/form-data");
};

const isBatch = (request: FastifyRequest): boolean => /[?&]batch=1(&|$)/.test(request.url);

const pathsOf = (request: FastifyRequest): string[] =>
  ((request.params as { path?: string }).path ?? "").split(",").slice(0, MAX_BATCH_SIZE);
