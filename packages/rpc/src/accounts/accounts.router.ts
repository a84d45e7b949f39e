import {
  ChangePasswordInput,
  Organization,
  PasswordChange,
  RenameOrganizationInput,
  SessionInfo,
  SetUpInput,
  SetUpState,
  UpdateProfileInput,
  User,
} from "@millrace/shared";
import { procedureFor, publicProcedure, router } from "../trpc.ts";
import { presentSession } from "./accounts.presenter.ts";
import { changePassword, renameOrganization, setUp, updateProfile } from "./accounts.service.ts";

/** Signing in and out set and clear a cookie, so they are routes of the API beside tRPC; their rules live in `Accounts`. */
export const accountsRouter = router({
  me: procedureFor("viewer", "read")
    .output(SessionInfo)
    .query(({ ctx }) => presentSession(ctx.actor)),

  updateProfile: procedureFor("viewer", "write")
    .input(UpdateProfileInput)
    .output(User)
    .mutation(({ ctx, input }) => updateProfile(ctx.scope, input)),

  changePassword: procedureFor("viewer", "write")
    .input(ChangePasswordInput)
    .output(PasswordChange)
    .mutation(({ ctx, input }) => changePassword(ctx.scope, input)),

  renameOrganization: procedureFor("admin", "write")
    .input(RenameOrganizationInput)
    .output(Organization)
    .mutation(({ ctx, input }) => renameOrganization(ctx.scope, input)),

  setUpState: publicProcedure("read")
    .output(SetUpState)
    .query(async ({ ctx }) => ({ isNeeded: await ctx.platform.accounts.isSetUpNeeded() })),

  setUp: publicProcedure("write")
    .input(SetUpInput)
    .output(User)
    .mutation(({ ctx, input }) => setUp(ctx.platform, input, ctx.address ?? null)),
});
