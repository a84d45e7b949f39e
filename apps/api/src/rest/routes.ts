import { accountRoutes } from "./account.rest.ts";
import { dataSourceRoutes } from "./data-sources.rest.ts";
import { pipelineRoutes } from "./pipelines.rest.ts";
import type { RestRoute } from "./rest-route.ts";
import { quarantineRoutes } from "./quarantine.rest.ts";
import { runRoutes } from "./runs.rest.ts";

/** Every route of the REST door that stands for a procedure, in the order of the docs. */
export const REST_ROUTES: readonly RestRoute[] = [
  ...pipelineRoutes,
  ...runRoutes,
  ...quarantineRoutes,
  ...dataSourceRoutes,
  ...accountRoutes,
];

const PATTERNS = REST_ROUTES.map(({ method, url }) => ({
  method,
  pattern: new RegExp(`^${url.replaceAll(/:\w+/g, "[^/]+")}$`),
}));

/** The methods that the API has at a path; empty where it has none. */
export const allowedMethods = (path: string): string[] =>
  PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
