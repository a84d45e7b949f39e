import { SessionInfo, SetUpInput, SetUpState, User } from "@millrace/shared";
import { procedureFor, publicProcedure, router } from "../trpc.ts";
import { presentSession } from "./accounts.presenter.ts";

/** Signing in and out set and clear a cookie, so they are routes of the API beside tRPC; their rules live in `Accounts`. */
export const accountsRouter = router({
  me: procedureFor("viewer", "read")
    .output(SessionInfo)
    .query(({ ctx }) => presentSession(ctx.actor)),

  setUpState: publicProcedure("read")
    .output(SetUpState)
    .query(async ({ ctx }) => ({ isNeeded: await ctx.platform.accounts.isSetUpNeeded() })),

  setUp: publicProcedure("write")
    .input(SetUpInput)
    .output(User)
    .mutation(({ ctx, input }) => ctx.platform.accounts.setUp(input)),
});
