import {
  ColumnSummary,
  ConnectionTestResult,
  CreateDataSourceInput,
  DataSource,
  Id,
  PageInput,
  pageOf,
  RowPreview,
  TableNameText,
  TableSummary,
  UpdateDataSourceInput,
} from "@millrace/shared";
import { z } from "zod";
import { pagedInput } from "../paging.ts";
import { procedureFor, router } from "../trpc.ts";
import { listColumns, listTables, previewRows, testSource } from "./sources.explorer.ts";
import { presentSource } from "./sources.presenter.ts";
import { createSource, deleteSource, getSource, listSources, updateSource } from "./sources.service.ts";

const ById = z.strictObject({ id: Id });
const ByTable = z.strictObject({ id: Id, table: TableNameText });

export const sourcesRouter = router({
  list: procedureFor("editor", "read")
    .input(pagedInput(PageInput))
    .output(pageOf(DataSource))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listSources(ctx.scope, input);
      return { items: items.map(presentSource), nextCursor };
    }),

  get: procedureFor("editor", "read")
    .input(ById)
    .output(DataSource)
    .query(async ({ ctx, input }) => presentSource(await getSource(ctx.scope, input.id))),

  create: procedureFor("admin", "write")
    .input(CreateDataSourceInput)
    .output(DataSource)
    .mutation(async ({ ctx, input }) => presentSource(await createSource(ctx.scope, input))),

  update: procedureFor("admin", "write")
    .input(UpdateDataSourceInput)
    .output(DataSource)
    .mutation(async ({ ctx, input }) => presentSource(await updateSource(ctx.scope, input))),

  delete: procedureFor("admin", "write")
    .input(ById)
    .output(ById)
    .mutation(async ({ ctx, input }) => {
      await deleteSource(ctx.scope, input.id);
      return { id: input.id };
    }),

  /** A mutation, since it opens a connection: what only reads may be repeated by any browser or proxy. */
  test: procedureFor("editor", "read")
    .input(ById)
    .output(ConnectionTestResult)
    .mutation(({ ctx, input, signal }) => testSource(ctx.scope, input.id, signal)),

  tables: procedureFor("editor", "read")
    .input(ById)
    .output(z.array(TableSummary))
    .query(({ ctx, input, signal }) => listTables(ctx.scope, input.id, signal)),

  columns: procedureFor("editor", "read")
    .input(ByTable)
    .output(z.array(ColumnSummary))
    .query(({ ctx, input, signal }) => listColumns(ctx.scope, input, signal)),

  previewRows: procedureFor("editor", "read")
    .input(z.strictObject({ ...ByTable.shape, limit: z.int().min(1).max(100).default(20) }))
    .output(RowPreview)
    .query(({ ctx, input, signal }) => previewRows(ctx.scope, input, signal)),
});
