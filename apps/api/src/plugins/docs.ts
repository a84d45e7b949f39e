import type { FastifyPluginAsync } from "fastify";
import Fastify from "fastify";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { openApiDocument } from "../rest/openapi.ts";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Millrace API</title>
    <link rel="icon" href="/favicon.svg" />
  </head>
  <body>
    <div id="reference"></div>
    <script src="/api/docs/scalar.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;

/** All that Scalar could fetch from elsewhere is off: fonts, proxy, telemetry, its editor and assistant. */
const START = `Scalar.createApiReference("#reference", {
  url: "/api/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
});
`;

/** The OpenAPI document, and a page to read and try it that needs nothing from outside and no inline script. */
export const docs: FastifyPluginAsync = async (app) => {
  const config = { isPublic: true, isQuiet: true };
  let document: string | undefined;
  let script: Promise<Buffer> | undefined;
  app.get("/api/openapi.json", { config }, async (_request, reply) => {
    document ??= JSON.stringify(openApiDocument());
    return reply.type("application/json; charset=utf-8").send(document);
  });
  app.get("/api/docs", { config }, async (_request, reply) => reply.type("text/html; charset=utf-8").send(PAGE));
  app.get("/api/docs/start.js", { config }, async (_request, reply) => reply.type(JAVASCRIPT).send(START));
  app.get("/api/docs/scalar.js", { config }, async (request, reply) => {
    script ??= scalarScript();
    reply.type(JAVASCRIPT).header("cache-control", "public, max-age=86400").header("vary", "accept-encoding");
    if (!/\bgzip\b/.test(String(request.headers["accept-encoding"]))) return reply.send(await bundle());
    return reply.header("content-encoding", "gzip").send(await script);
  });
};

const JAVASCRIPT = "text/javascript; charset=utf-8";

const scalarScript = async (): Promise<Buffer> => promisify(gzip)(await bundle());

/**
 * Scalar's package hands out its bundle only through a plugin whose page carries an inline script. So the plugin runs on an
 * app that nobody reaches, is asked for the file, and is gone. It is 5 MB, hence not loaded before somebody reads the docs.
 */
async function bundle(): Promise<Buffer> {
  const { default: scalar } = await import("@scalar/fastify-api-reference");
  const hidden = Fastify();
  await hidden.register(scalar, { routePrefix: "/reference", configuration: { url: "/api/openapi.json" } });
  const { rawPayload } = await hidden.inject("/reference/js/scalar.js");
  await hidden.close();
  return rawPayload;
}
