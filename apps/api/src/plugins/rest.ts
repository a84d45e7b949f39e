import { type Caller, createCaller, type Platform } from "@millrace/rpc";
import { AppError } from "@millrace/shared";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { inputOf } from "../rest/rest-input.ts";
import type { ProcedurePath } from "../rest/rest-route.ts";
import { REST_ROUTES } from "../rest/routes.ts";
import { snakeCase } from "../rest/snake-case.ts";

export interface RestOptions {
  readonly platform: Platform;
}

/** REST as a translation of procedures: roles, validation, tenancy and rules exist once, behind the caller. */
export const rest: FastifyPluginAsync<RestOptions> = async (app, { platform }) => {
  for (const route of REST_ROUTES) {
    app.route({
      method: route.method,
      url: route.url,
      handler: async (request, reply) => {
        const context = { platform, actor: request.actor, door: "rest" as const };
        const caller = createCaller(context, { signal: callerLeft(reply) });
        const output = await call(caller, route.procedure, inputOf(route, request));
        const answer = route.respond ? route.respond(output as never, { request, reply }) : output;
        return reply.code(route.status).send(snakeCase(answer));
      },
    });
  }
};

type AnyProcedure = (input: unknown) => Promise<unknown>;

function call(caller: Caller, path: ProcedurePath, input: unknown): Promise<unknown> {
  const [noun = "", verb = ""] = path.split(".");
  const procedure = (caller as unknown as Record<string, Record<string, AnyProcedure>>)[noun]?.[verb];
  if (!procedure) throw new AppError("INTERNAL", { cause: `no procedure ${path}` });
  return procedure(input);
}

/** Aborts when the connection closes before the answer is out. */
function callerLeft(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
