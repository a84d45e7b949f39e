import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync } from "fastify";
import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

export interface WebAppOptions {
  readonly root: string;
}

/** Built files whose names carry a hash of their content. */
const HASHED = `assets${sep}`;

/** The built web app: its files are routes of their own, listed at the start, so that nothing else of the disk is in reach. */
export const webApp: FastifyPluginAsync<WebAppOptions> = async (app, { root }) => {
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, isPublic: true, isQuiet: true };
  });
  await app.register(fastifyStatic, {
    root,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isHashed = relative(root, path).startsWith(HASHED);
      reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
};

/** What a browser gets for the addresses that the app routes by itself; null before it is built. */
export const readIndexPage = (root: string): Promise<string | null> =>
  readFile(join(root, "index.html"), "utf8").catch(() => null);

/** Where `apps/web` builds to. */
export const builtWebRoot = (): string => join(import.meta.dirname, "../../../web/dist");
