import { type Caller, createCaller, type Platform } from "@millrace/rpc";
import { AppError } from "@millrace/shared";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { Readable } from "node:stream";
import { inputOf } from "../rest/rest-input.ts";
import type { Download, ProcedurePath } from "../rest/rest-route.ts";
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
        const context = { platform, actor: request.actor, door: "rest" as const, address: request.ip };
        const caller = createCaller(context, { signal: callerLeft(reply) });
        const input = inputOf(route, request);
        if (route.download && asksFor(route.download, request)) {
          return await sendFile(route.download, caller, input ?? {}, request, reply);
        }
        const output = await call(caller, route.procedure, input);
        const answer = route.respond ? route.respond(output as never, { request, reply }) : output;
        return reply.code(route.status).send(snakeCase(answer));
      },
    });
  }
};

const asksFor = ({ format }: Download, { query }: FastifyRequest): boolean =>
  (query as Record<string, unknown>)["format"] === format;

async function sendFile(
  { contentType, fileName, read }: Download,
  caller: Caller,
  input: Record<string, unknown>,
  { params }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const chunks = read(caller, input)[Symbol.asyncIterator]();
  // Read before the head is sent: what is refused still gets its own status.
  const first = await chunks.next();
  async function* whole(): AsyncGenerator<string, void> {
    for (let next = first; !next.done; next = await chunks.next()) yield next.value;
  }
  return reply
    .type(contentType)
    .header("content-disposition", `attachment; filename="${fileName(params as Record<string, string>)}"`)
    .send(Readable.from(whole(), { objectMode: false }));
}

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
