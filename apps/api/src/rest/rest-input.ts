import { AppError, Id } from "@millrace/shared";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { RestRoute } from "./rest-route.ts";
import { snakeCaseName } from "./snake-case.ts";

/** RFC 9562, 5.9: the id that nothing has. */
const NIL_ID = "00000000-0000-0000-0000-000000000000";

/**
 * The procedure's input as the request spells it. Only names are translated here; every value is checked by the procedure
 * itself, behind its role.
 */
export function inputOf(route: RestRoute, request: FastifyRequest): Record<string, unknown> | undefined {
  const parts = {
    ...fromBody(route, request.body),
    ...fromQuery(route.query, request.query as Record<string, unknown>),
    ...fromPath(request.params as Record<string, string>),
  };
  return route.body || route.query || route.url.includes(":") ? parts : undefined;
}

function fromBody({ body, unknownFields, response }: RestRoute, sent: unknown): Record<string, unknown> {
  if (!body) return {};
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    throw new AppError("VALIDATION_FAILED", { params: { issue: "the body must be a JSON object" } });
  }
  const names = new Map(Object.keys(body.shape).map((name) => [snakeCaseName(name), name]));
  const readOnly = new Set(response instanceof z.ZodObject ? Object.keys(response.shape).map(snakeCaseName) : []);
  return Object.fromEntries(
    Object.entries(sent).flatMap(([key, value]) => {
      const name = names.get(key);
      if (name !== undefined) return [[name, inCamelCase(body.shape[name] as z.ZodType, value)]];
      if (unknownFields !== "refused" || readOnly.has(key)) return [];
      // Left under its own spelling, which no input has, so that the procedure's schema refuses it by name.
      return [[key, value]];
    }),
  );
}

/** An object inside the body, its names included, as far as the schema knows them; what it does not know it will refuse. */
function inCamelCase(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject) || typeof value !== "object" || value === null || Array.isArray(value))
    return value;
  const fields = inner.shape as Record<string, z.ZodType>;
  const names = new Map(Object.keys(fields).map((name) => [snakeCaseName(name), name]));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = names.get(key);
      const known = name === undefined ? undefined : fields[name];
      return name === undefined || !known ? [key, field] : [name, inCamelCase(known, field)];
    }),
  );
}

/** Without what only says whether a value may be left out. */
function unwrapped(schema: z.ZodType): z.ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}

function fromQuery(schema: z.ZodObject | undefined, sent: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema?.shape ?? {}).flatMap(([name, field]) => {
      const text = sent[snakeCaseName(name)];
      return text === undefined || text === "" ? [] : [[name, valueOf(field as z.ZodType, text)]];
    }),
  );
}

/** A query knows only text: digits are a number where the field takes no text. */
const valueOf = (field: z.ZodType, text: unknown): unknown =>
  typeof text === "string" && /^\d{1,15}$/.test(text) && !field.safeParse(text).success ? Number(text) : text;

/**
 * An id that is none names nothing, so it is asked for as the id that nothing has: the same checks, in the same order, and
 * the same answer as for any other id that is not there.
 */
const fromPath = (params: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const isId = name === "id" || name.endsWith("Id");
      return [name, isId && !Id.safeParse(value).success ? NIL_ID : value];
    }),
  );
