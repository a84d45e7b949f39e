import { accountsRouter } from "./accounts/accounts.router.ts";
import { auditRouter } from "./audit/audit.router.ts";
import { pipelinesRouter } from "./pipelines/pipelines.router.ts";
import { quarantineRouter } from "./quarantine/quarantine.router.ts";
import { runsRouter } from "./runs/runs.router.ts";
import { sampleRouter } from "./sample/sample.router.ts";
import { schedulesRouter } from "./schedules/schedules.router.ts";
import { sourcesRouter } from "./sources/sources.router.ts";
import { tokensRouter } from "./tokens/tokens.router.ts";
import { createCallerFactory, router } from "./trpc.ts";

export const appRouter = router({
  accounts: accountsRouter,
  tokens: tokensRouter,
  pipelines: pipelinesRouter,
  runs: runsRouter,
  quarantine: quarantineRouter,
  sources: sourcesRouter,
  schedules: schedulesRouter,
  sample: sampleRouter,
  audit: auditRouter,
});
export type AppRouter = typeof appRouter;

/** Calls procedures without HTTP, roles and validation included. Errors come as `TRPCError`. */
export const createCaller = createCallerFactory(appRouter);
export type Caller = ReturnType<typeof createCaller>;
