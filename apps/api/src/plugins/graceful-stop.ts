import fp from "fastify-plugin";
import type { Socket } from "node:net";

/** What has not been answered by then is cut off. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * On `app.close()`: live streams, which would never end, are cut at once and their clients come back to whoever serves next;
 * requests under way are answered; the whole takes five seconds at most.
 */
export const gracefulStop = fp(async (app) => {
  const streams = new Set<Socket>();
  app.addHook("onRequest", async (request) => {
    if (request.headers.accept?.includes("text/event-stream") !== true) return;
    const { socket } = request.raw;
    if (streams.has(socket)) return;
    streams.add(socket);
    socket.once("close", () => streams.delete(socket));
  });
  app.addHook("preClose", async () => {
    for (const socket of streams) socket.destroy();
    const timer = setTimeout(() => app.server.closeAllConnections(), STOP_TIMEOUT_MS);
    app.server.once("close", () => clearTimeout(timer));
    timer.unref();
  });
});
