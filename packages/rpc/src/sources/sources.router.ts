import {
  ColumnSummary,
  ConnectionTestResult,
  ConnectorSummary,
  CreateDataSourceInput,
  DataSourceDetail,
  DataSourceListItem,
  Id,
  ListDataSourcesInput,
  pageOf,
  ParsedUrl,
  ParseUrlInput,
  RowPreview,
  TableNameText,
  TableSummary,
  TestDraftInput,
  UpdateDataSourceInput,
} from "@millrace/shared";
import { z } from "zod";
import { pagedInput } from "../paging.ts";
import { procedureFor, router } from "../trpc.ts";
import { listConnectors, parseUrl } from "./sources.connectors.ts";
import { listColumns, listTables, previewRows } from "./sources.explorer.ts";
import { getSourceWithUses, listSources } from "./sources.listing.ts";
import { presentListedSource, presentSourceDetail } from "./sources.presenter.ts";
import { createSource, deleteSource, updateSource } from "./sources.service.ts";
import { testDraft, testSource } from "./sources.tester.ts";

const ById = z.strictObject({ id: Id });
const ByTable = z.strictObject({ id: Id, table: TableNameText });

export const sourcesRouter = router({
  list: procedureFor("editor", "read")
    .input(pagedInput(ListDataSourcesInput))
    .output(pageOf(DataSourceListItem))
    .query(async ({ ctx, input }) => {
      const { page, counts } = await listSources(ctx.scope, input);
      return { ...page, items: page.items.map((source) => presentListedSource(source, counts)) };
    }),

  get: procedureFor("editor", "read")
    .input(ById)
    .output(DataSourceDetail)
    .query(async ({ ctx, input }) => presentSourceDetail(await getSourceWithUses(ctx.scope, input.id))),

  connectors: procedureFor("editor", "read")
    .input(z.strictObject({}).optional())
    .output(z.array(ConnectorSummary))
    .query(() => listConnectors()),

  /** A mutation, so that the URL travels in a body and never in an address that proxies and logs keep. */
  parseUrl: procedureFor("admin", "read")
    .input(ParseUrlInput)
    .output(ParsedUrl)
    .mutation(({ ctx, input }) => parseUrl(ctx.scope, input)),

  create: procedureFor("admin", "write")
    .input(CreateDataSourceInput)
    .output(DataSourceDetail)
    .mutation(async ({ ctx, input }) =>
      presentSourceDetail({ source: await createSource(ctx.scope, input), pipelines: [], count: 0 }),
    ),

  update: procedureFor("admin", "write")
    .input(UpdateDataSourceInput)
    .output(DataSourceDetail)
    .mutation(async ({ ctx, input }) => {
      const { id } = await updateSource(ctx.scope, input);
      return presentSourceDetail(await getSourceWithUses(ctx.scope, id));
    }),

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

  /** What is tested is what was sent; nothing of it is stored, and neither is the answer. */
  testDraft: procedureFor("admin", "read")
    .input(TestDraftInput)
    .output(ConnectionTestResult)
    .mutation(({ ctx, input, signal }) => testDraft(ctx.scope, input, signal)),

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
