import { AuditEntry, ListAuditInput, pageOf } from "@millrace/shared";
import { pagedInput } from "../paging.ts";
import { procedureFor, router } from "../trpc.ts";
import { presentAuditEntry } from "./audit.presenter.ts";
import { listAuditEvents } from "./audit.service.ts";

export const auditRouter = router({
  /** Newest first. */
  list: procedureFor("admin", "read")
    .input(pagedInput(ListAuditInput))
    .output(pageOf(AuditEntry))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listAuditEvents(ctx.scope, input);
      return { items: items.map(presentAuditEntry), nextCursor };
    }),
});
