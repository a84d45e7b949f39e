import fp from "fastify-plugin";

/** The path alone: what stands after the question mark may be anybody's data. */
export const pathOf = (url: string): string => url.split("?", 1)[0] ?? "";

/** Every answer carries its request's id, and the log has one line for each request under the same id. */
export const requestLog = fp(async (app) => {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const level = reply.statusCode >= 500 ? "error" : request.routeOptions.config.isQuiet ? "trace" : "info";
    request.log[level](
      {
        method: request.method,
        path: pathOf(request.url),
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
        address: request.ip,
        userId: request.actor?.userId,
      },
      "request",
    );
  });
});
