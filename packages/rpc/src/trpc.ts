import { initTRPC, TRPCError } from "@trpc/server";
import { AppError, hasRole, type Role } from "@millrace/shared";
import { audited } from "./audit/audited.ts";
import { type Context, scopeOf } from "./context.ts";
import { appErrorOf, formatError } from "./error-formatter.ts";

/** What every procedure says of itself. A procedure without it is refused, and a test fails. */
export interface ProcedureMeta {
  /** The weakest role that may call it; `public` needs no session. */
  readonly role: Role | "public";
  /** Whether a call can change anything. */
  readonly effect: "read" | "write";
}

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    errorFormatter: formatError,
    // Stacks never leave the process, whatever NODE_ENV says.
    isDev: false,
    sse: { ping: { enabled: true, intervalMs: 5_000 }, client: { reconnectAfterInactivityMs: 15_000 } },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Gives errors of the table the tRPC code that the table has for them. */
const translateErrors = t.middleware(async ({ next }) => {
  const result = await next();
  if (result.ok || result.error.code !== "INTERNAL_SERVER_ERROR") return result;
  const error = appErrorOf(result.error);
  throw new TRPCError({ code: error.entry.trpc, message: error.message, cause: error });
});

/** What somebody asked for and may not do is written down, after all that the call has done is rolled back. */
const recordDenials = t.middleware(async ({ ctx, path, next }) => {
  const result = await next();
  if (result.ok || ctx.actor === null) return result;
  await ctx.platform.access.denied(ctx.actor, path, appErrorOf(result.error), ctx.address ?? null);
  return result;
});

/** Runs before any input is looked at, so that whoever lacks the role learns nothing from a validation message. */
const requireRole = t.middleware(({ ctx, meta, next }) => {
  const role = meta?.role;
  if (role === undefined || role === "public")
    throw new AppError("INTERNAL", { cause: "a member procedure has no role" });
  if (ctx.actor === null) throw new AppError("UNAUTHENTICATED");
  if (!hasRole(ctx.actor.role, role)) throw new AppError("FORBIDDEN", { params: { role } });
  return next({ ctx: { ...ctx, actor: ctx.actor, scope: scopeOf(ctx, ctx.actor) } });
});

/**
 * A procedure for members of an organization whose role is `role` or stronger. One that writes runs in a transaction together
 * with its audit event.
 */
export const procedureFor = (role: Role, effect: ProcedureMeta["effect"]) =>
  t.procedure
    .meta({ role, effect })
    .use(translateErrors)
    .use(recordDenials)
    .use(requireRole)
    .use(({ ctx, path, next }) =>
      effect === "write" ? audited(ctx.scope, path, (scope) => next({ ctx: { ...ctx, scope } })) : next({ ctx }),
    );

/** A procedure that anybody may call, signed in or not. */
export const publicProcedure = (effect: ProcedureMeta["effect"]) =>
  t.procedure.meta({ role: "public", effect }).use(translateErrors);
