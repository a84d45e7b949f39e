import type { Platform } from "@millrace/rpc";
import type { FastifyPluginAsync } from "fastify";

export interface HealthOptions {
  readonly store: Platform["store"];
}

/** For load balancers: `/healthz` while the process answers, `/readyz` while its database does as well, 503 otherwise. */
export const health: FastifyPluginAsync<HealthOptions> = async (app, { store }) => {
  const config = { isPublic: true, isQuiet: true };
  app.get("/healthz", { config }, async () => ({ status: "ok" }));
  app.get("/readyz", { config }, async () => {
    await store.ping();
    return { status: "ok" };
  });
};
