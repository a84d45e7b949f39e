import {
  AuditEvent,
  ColumnSummary,
  ConnectionCheck,
  DataSource,
  Digest,
  type ErrorCode,
  ERRORS,
  LogLine,
  Pipeline,
  PipelineDetail,
  PipelinePlan,
  PlanColumn,
  PlanRefusal,
  Run,
  RunDetail,
  RunFailure,
  RunListItem,
  RunProgress,
  RunProof,
  SignInInput,
  TableSummary,
  Token,
  User,
} from "@millrace/shared";
import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };
import type { Download, RestRoute } from "./rest-route.ts";
import { REST_ROUTES } from "./routes.ts";
import { snakeCaseName } from "./snake-case.ts";

type Json = { [key: string]: unknown };

const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().describe("One of the codes of the error table"),
  error: z.string().describe("The same sentence as the title"),
  hint: z.string().describe("What to do about it"),
  request_id: z.string(),
  validation_errors: z.array(z.string()).optional(),
});

/** Schemas that are written once and referred to. */
const NAMED = {
  AuditEvent,
  Problem,
  Pipeline,
  PipelineDetail,
  PipelinePlan,
  PlanColumn,
  PlanRefusal,
  Run,
  RunDetail,
  RunListItem,
  RunFailure,
  RunProgress,
  RunProof,
  Digest,
  LogLine,
  DataSource,
  TableSummary,
  ColumnSummary,
  ConnectionCheck,
  Token,
  User,
};

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });

/** The OpenAPI 3.1 description of the REST door, out of the same schemas that check its requests and answers. */
export function openApiDocument(): Json {
  const schemas: Json = {};
  const convert = schemaConverter(schemas);
  const paths: Record<string, Json> = {};
  for (const route of REST_ROUTES) {
    const path = route.url.replaceAll(/:(\w+)/g, (_, name: string) => `{${snakeCaseName(name)}}`);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, convert) };
  }
  for (const path of ["/login", "/api/auth/login"]) paths[path] = { post: signInOperation(convert) };
  paths["/api/auth/logout"] = { post: signOutOperation(convert) };
  return {
    openapi: "3.1.1",
    info: {
      title: "Millrace",
      version: packageJson.version,
      description:
        "Data pipelines that prove what arrived. Sign in with `POST /api/auth/login`, or send an API token as `Authorization: Bearer mr_…`.",
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "millrace_session" },
        token: { type: "http", scheme: "bearer" },
      },
    },
  };
}

type Convert = (schema: z.ZodType, io: "input" | "output") => Json;

/** Turns a schema to JSON Schema in snake_case; named ones are collected into `components` and referred to. */
function schemaConverter(components: Json): Convert {
  return (schema, io) => {
    // As a property, so that a named schema comes out as a reference even where it is the whole.
    const { $defs, properties } = z.toJSONSchema(z.object({ it: schema }), {
      metadata: registry,
      io,
      unrepresentable: "any",
    });
    for (const [id, definition] of Object.entries($defs ?? {})) components[id] = inSnakeCase(definition);
    return inSnakeCase((properties?.["it"] ?? {}) as Json);
  };
}

function inSnakeCase(schema: Json): Json {
  const { id: _, $schema: __, ...rest } = schema;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => {
      if (key === "$ref") return [key, String(value).replace("#/$defs/", "#/components/schemas/")];
      if (key === "required") return [key, (value as string[]).map(snakeCaseName)];
      if (key === "properties") {
        const renamed = Object.entries(value as Record<string, Json>).map(([name, field]) => [
          snakeCaseName(name),
          inSnakeCase(field),
        ]);
        return [key, Object.fromEntries(renamed)];
      }
      if (Array.isArray(value)) return [key, value.map((item: unknown) => (isObject(item) ? inSnakeCase(item) : item))];
      return [key, isObject(value) ? inSnakeCase(value) : value];
    }),
  );
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function operation(route: RestRoute, convert: Convert): Json {
  const pathNames = [...route.url.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const parameters = [
    ...pathNames.map((name) => ({ name: snakeCaseName(name), in: "path", required: true, schema: { type: "string" } })),
    ...Object.entries(route.query?.shape ?? {}).map(([name, field]) => ({
      name: snakeCaseName(name),
      in: "query",
      required: false,
      schema: convert(field as z.ZodType, "input"),
    })),
    ...(route.download ? [formatParameter(route.download)] : []),
  ];
  const hasInput = parameters.length > 0 || route.body !== undefined;
  return {
    operationId: `${route.method.toLowerCase()}_${route.url.replaceAll(/[^a-z]+/gi, "_")}`,
    tags: [route.tag],
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: { required: true, content: jsonOf(convert(route.body, "input")) } } : {}),
    responses: {
      [route.status]: {
        description: "Done",
        ...(route.query && "cursor" in route.query.shape ? { headers: LINK } : {}),
        content: {
          ...jsonOf(convert(route.response, "output")),
          ...(route.download ? { [route.download.contentType]: { schema: { type: "string" } } } : {}),
        },
      },
      ...problems(
        ["UNAUTHENTICATED", "FORBIDDEN", ...(hasInput ? (["VALIDATION_FAILED"] as const) : []), ...route.errors],
        convert,
      ),
    },
  };
}

const formatParameter = ({ format }: Download): Json => ({
  name: "format",
  in: "query",
  required: false,
  description: `\`${format}\` answers with the whole of it as a file`,
  schema: { type: "string", enum: ["json", format], default: "json" },
});

const LINK = {
  link: { description: 'The address of the next page, as rel="next"; absent on the last', schema: { type: "string" } },
};

const jsonOf = (schema: Json): Json => ({ "application/json": { schema } });

/** One entry a status, which names every code that comes with it. */
function problems(codes: readonly ErrorCode[], convert: Convert): Json {
  const schema = convert(Problem, "output");
  const byStatus = Map.groupBy(new Set(codes), (code) => ERRORS[code].http);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map((code) => `\`${code}\``).join(", "),
        content: { "application/problem+json": { schema } },
      },
    ]),
  );
}

function signInOperation(convert: Convert): Json {
  const body = z.object({ email: SignInInput.shape.email, password: SignInInput.shape.password });
  return {
    tags: ["Account"],
    summary: "Sign in; `username` is understood in place of `email`",
    security: [],
    requestBody: { required: true, content: jsonOf(convert(body, "input")) },
    responses: {
      200: {
        description: "Signed in; the session is in the cookie",
        headers: { "set-cookie": { schema: { type: "string" } } },
        content: jsonOf(convert(z.strictObject({ user: User }), "output")),
      },
      ...problems(["VALIDATION_FAILED", "CREDENTIALS_INVALID", "RATE_LIMITED"], convert),
    },
  };
}

const signOutOperation = (convert: Convert): Json => ({
  tags: ["Account"],
  summary: "Sign out",
  security: [],
  responses: {
    200: { description: "Signed out", content: jsonOf(convert(z.strictObject({ message: z.string() }), "output")) },
  },
});
