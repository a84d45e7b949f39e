import { CreatedToken, CreateTokenInput, Id, Token } from "@millrace/shared";
import { z } from "zod";
import { procedureFor, router } from "../trpc.ts";
import { createToken, listTokens, revokeToken } from "./tokens.service.ts";

export const tokensRouter = router({
  list: procedureFor("viewer", "read")
    .output(z.array(Token))
    .query(({ ctx }) => listTokens(ctx.scope)),

  create: procedureFor("viewer", "write")
    .input(CreateTokenInput)
    .output(CreatedToken)
    .mutation(({ ctx, input }) => createToken(ctx.scope, input)),

  revoke: procedureFor("viewer", "write")
    .input(z.strictObject({ id: Id }))
    .output(z.strictObject({ id: Id }))
    .mutation(async ({ ctx, input }) => {
      await revokeToken(ctx.scope, input.id);
      return { id: input.id };
    }),
});
