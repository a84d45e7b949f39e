import type { AppRouter, Caller } from "@millrace/rpc";
import type { ErrorCode } from "@millrace/shared";
import type { inferRouterOutputs } from "@trpc/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

type Outputs = inferRouterOutputs<AppRouter>;

/** `pipelines.list`, for every procedure that a route can name. */
export type ProcedurePath = { [Name in Noun]: `${Name}.${Extract<keyof Outputs[Name], string>}` }[Noun];

type Noun = Extract<keyof Outputs, string>;

type OutputOf<Path extends ProcedurePath> = Path extends `${infer Name extends Noun}.${infer Verb}`
  ? Verb extends keyof Outputs[Name]
    ? Outputs[Name][Verb]
    : never
  : never;

/**
 * One route of the REST door: which procedure it stands for, and how request and answer are spelled. It holds no rule of its
 * own. Parameters of the path have the names of the procedure's input.
 */
export interface RestRoute<Path extends ProcedurePath = ProcedurePath> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: `/api/${string}`;
  readonly procedure: Path;
  readonly status: 200 | 201 | 202;
  readonly tag: string;
  readonly summary: string;
  /** Fields of the input that come from the query. */
  readonly query?: z.ZodObject;
  /** Fields of the input that come from the body. */
  readonly body?: z.ZodObject;
  /**
   * What becomes of a body's field that `body` does not have. Ignored unless said otherwise, and always where the answer has
   * it: scripts send back what they got.
   */
  readonly unknownFields?: "ignored" | "refused";
  /** The answer, before its names are turned to snake_case. */
  readonly response: z.ZodType;
  /** The answer out of the procedure's output. Default: the output itself. */
  readonly respond?: (output: OutputOf<Path>, http: { request: FastifyRequest; reply: FastifyReply }) => unknown;
  /** The whole of it as a file, for `?format=` with this word: written as it is read, so that its size is no matter. */
  readonly download?: Download;
  /** For the docs: what can go wrong beside a missing session, role or field. */
  readonly errors: readonly ErrorCode[];
}

export interface Download {
  readonly format: string;
  readonly contentType: string;
  readonly fileName: (path: Readonly<Record<string, string>>) => string;
  /** Calls the route's own procedure, so that role, tenancy and rules are its. What the first call throws is the answer. */
  readonly read: (caller: Caller, input: Readonly<Record<string, unknown>>) => AsyncIterable<string>;
}

/** Checks a route against its procedure's output and then forgets which procedure it was, so that tables can hold them all. */
export const restRoute = <Path extends ProcedurePath>(route: RestRoute<Path>): RestRoute =>
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- respond takes one procedure's output, never any
  route as unknown as RestRoute;

/** Sets `Link: rel="next"` past the page (RFC 8288) and answers the page's items alone, which scripts expect. */
export function pageItems<Item>(
  page: { readonly items: Item[]; readonly nextCursor: string | null },
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Item[] {
  if (page.nextCursor !== null) {
    const next = new URL(request.url, "http://localhost");
    next.searchParams.set("cursor", page.nextCursor);
    reply.header("link", `<${next.pathname}${next.search}>; rel="next"`);
  }
  return page.items;
}
