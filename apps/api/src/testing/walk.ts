import { comparedAs, Pipeline, PipelineRun, RunVerification, SecretBox, sealRowValues } from "@millrace/db";
import { testServer } from "@millrace/db/testing";
import { appRouter, type ProcedureMeta } from "@millrace/rpc";
import { newId } from "@millrace/shared";
import { type Organization, PASSWORD, SECRET_KEY, type TestApi } from "./test-api.ts";

export interface WalkedProcedure {
  readonly path: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly meta: ProcedureMeta;
}

/** Every procedure of the router. */
export const PROCEDURES: readonly WalkedProcedure[] = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { _def: Omit<WalkedProcedure, "path"> }>,
).map(([path, { _def }]) => ({ path, type: _def.type, meta: _def.meta }));

/** One thing of each kind, all of one organization. */
export interface Belongings {
  readonly sourceId: string;
  readonly unusedSourceId: string;
  readonly pipelineId: string;
  readonly idlePipelineId: string;
  readonly activeRunId: string;
  readonly endedRunId: string;
  readonly tokenId: string;
  /** Set aside by the ended run. */
  readonly quarantinedRowId: string;
}

/** Marks everything of an organization, so that a leak shows wherever it turns up. */
export const CANARY = "canary-of-the-first-organization";

/** A database of the test's server that is not the platform's, for looking into. */
export async function reachable(): Promise<object> {
  const server = await testServer();
  const { hostname, port, username, password } = new URL(server.url());
  return {
    connectionType: "postgresql",
    host: hostname,
    port: Number(port),
    database: "postgres",
    username: decodeURIComponent(username),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}

/** Makes one of each by the product's own doors. */
export async function belongingsOf(api: TestApi, organization: Organization): Promise<Belongings> {
  const { admin, editor, operator, owner } = organization;
  const fields = await reachable();
  const source = () =>
    admin.caller.sources.create({ ...fields, name: `${CANARY} ${newId()}` } as Parameters<
      typeof admin.caller.sources.create
    >[0]);
  const [used, unused] = [await source(), await source()];
  const pipeline = () =>
    editor.caller.pipelines.create({
      name: `${CANARY} ${newId()}`,
      description: CANARY,
      sourceId: used.id,
      sourceTable: "public.a",
      destinationId: used.id,
      destinationTable: "public.b",
      writeMode: "merge",
      policies: { incremental: { cursor: "at" } },
    });
  const [busy, idle] = [await pipeline(), await pipeline()];
  const ended = await operator.caller.pipelines.trigger({ id: idle.id });
  await operator.caller.runs.cancel({ id: ended.runId });
  const active = await operator.caller.pipelines.trigger({ id: busy.id });
  const { token } = await owner.caller.tokens.create({ name: CANARY, role: "viewer" });
  return {
    sourceId: used.id,
    unusedSourceId: unused.id,
    pipelineId: busy.id,
    idlePipelineId: idle.id,
    activeRunId: active.runId,
    endedRunId: ended.runId,
    tokenId: token.id,
    quarantinedRowId: await setAside(api, organization.id, ended.runId),
  };
}

/** As a worker does. */
async function setAside(api: TestApi, organizationId: string, runId: string): Promise<string> {
  const id = newId();
  const sealed = sealRowValues(new SecretBox(SECRET_KEY), { id: CANARY }, { id, organizationId }, "sealed_values");
  await api.admin.query(
    `insert into quarantined_rows
       (id, organization_id, run_id, table_name, code, column_name, reason, key, has_values, sealed_values)
     values ($1, $2, $3, 'public.b', 'CONSTRAINT_VIOLATED', 'id', $4, $5, true, $6)`,
    [id, organizationId, runId, CANARY, `id = ${CANARY}`, sealed],
  );
  return id;
}

/** A valid input for each procedure, out of one organization's belongings; `undefined` where there is none to give. */
export const INPUTS: Record<string, (own: Belongings) => Record<string, unknown> | undefined> = {
  "accounts.me": () => undefined,
  "accounts.updateProfile": () => ({ name: "Walker" }),
  "accounts.changePassword": () => ({ currentPassword: PASSWORD, newPassword: PASSWORD }),
  "accounts.renameOrganization": () => ({ name: "Walked" }),
  "accounts.setUpState": () => undefined,
  "accounts.setUp": () => ({
    token: "none",
    email: "a@example.org",
    password: "correct horse",
    name: "A",
    organizationName: "A",
  }),
  "tokens.list": () => undefined,
  "tokens.create": () => ({ name: "walker", role: "viewer" }),
  "tokens.revoke": ({ tokenId }) => ({ id: tokenId }),
  "pipelines.list": () => ({}),
  "pipelines.counts": () => ({}),
  "pipelines.deletePreview": ({ pipelineId }) => ({ id: pipelineId }),
  "pipelines.history": ({ pipelineId }) => ({ id: pipelineId }),
  "pipelines.triggerMany": ({ idlePipelineId }) => ({ ids: [idlePipelineId] }),
  "pipelines.switchMany": ({ pipelineId }) => ({ ids: [pipelineId], status: "active" }),
  "pipelines.deleteMany": ({ pipelineId }) => ({ ids: [pipelineId] }),
  "pipelines.get": ({ pipelineId }) => ({ id: pipelineId }),
  "pipelines.create": ({ sourceId }) => ({ name: `walker ${newId()}`, sourceId }),
  "pipelines.update": ({ pipelineId }) => ({ id: pipelineId, description: "walked" }),
  "pipelines.delete": ({ pipelineId }) => ({ id: pipelineId }),
  "pipelines.trigger": ({ idlePipelineId }) => ({ id: idlePipelineId }),
  "pipelines.backfill": ({ idlePipelineId }) => ({ id: idlePipelineId, from: null, to: null }),
  "pipelines.verify": ({ idlePipelineId }) => ({ id: idlePipelineId }),
  "pipelines.repair": ({ idlePipelineId, endedRunId }) => ({ id: idlePipelineId, runId: endedRunId }),
  "pipelines.position": ({ idlePipelineId }) => ({ id: idlePipelineId }),
  "pipelines.acceptSchema": ({ idlePipelineId, endedRunId }) => ({ id: idlePipelineId, runId: endedRunId }),
  "pipelines.plan": ({ idlePipelineId }) => ({ id: idlePipelineId }),
  "pipelines.planChanges": ({ idlePipelineId }) => ({ id: idlePipelineId }),
  "pipelines.previewRows": ({ sourceId, unusedSourceId }) => ({
    sourceId,
    sourceTable: "pg_catalog.pg_type",
    destinationId: unusedSourceId,
    destinationTable: "public.b",
    mapping: { columns: [{ source: "typname", name: "name" }], rest: "drop" },
    limit: 1,
  }),
  "pipelines.preflight": ({ sourceId, unusedSourceId }) => ({
    name: "walker",
    sourceId,
    sourceTable: "public.a",
    destinationId: unusedSourceId,
    destinationTable: "public.b",
  }),
  "pipelines.suggest": ({ sourceId, unusedSourceId }) => ({
    sourceId,
    sourceTable: "public.a",
    destinationId: unusedSourceId,
  }),
  "pipelines.onChange": () => ({}),
  "runs.list": ({ pipelineId }) => ({ pipelineId }),
  "runs.get": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.cancel": ({ activeRunId }) => ({ id: activeRunId }),
  "runs.retry": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.verification": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.cursor": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.undoPreview": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.undo": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.log": ({ endedRunId }) => ({ id: endedRunId }),
  "runs.counts": ({ pipelineId }) => ({ pipelineId }),
  "runs.logMatches": ({ endedRunId }) => ({ id: endedRunId }),
  "quarantine.list": ({ endedRunId }) => ({ runId: endedRunId }),
  "quarantine.summary": ({ endedRunId }) => ({ runId: endedRunId }),
  "quarantine.get": ({ endedRunId, quarantinedRowId }) => ({ runId: endedRunId, id: quarantinedRowId }),
  "quarantine.replay": ({ endedRunId, quarantinedRowId }) => ({ runId: endedRunId, ids: [quarantinedRowId] }),
  "quarantine.discard": ({ endedRunId, quarantinedRowId }) => ({ runId: endedRunId, ids: [quarantinedRowId] }),
  "runs.onChange": () => ({}),
  "runs.onProgress": ({ endedRunId }) => ({ id: endedRunId }),
  "sources.list": () => ({}),
  "sources.get": ({ sourceId }) => ({ id: sourceId }),
  "sources.create": () => ({
    name: `walker ${newId()}`,
    connectionType: "postgresql",
    host: "db.example.org",
    database: "a",
    username: "a",
  }),
  "sources.update": ({ sourceId }) => ({ id: sourceId, name: `walked ${newId()}` }),
  "sources.delete": ({ unusedSourceId }) => ({ id: unusedSourceId }),
  "sources.connectors": () => undefined,
  "sources.parseUrl": () => ({ url: "postgres://ann@db.example.org/shop" }),
  "sources.testDraft": ({ sourceId }) => ({
    id: sourceId,
    connectionType: "postgresql",
    host: "no-such-host.invalid",
    database: "a",
    username: "a",
    password: null,
  }),
  "sources.test": ({ sourceId }) => ({ id: sourceId }),
  "sources.tables": ({ sourceId }) => ({ id: sourceId }),
  "sources.columns": ({ sourceId }) => ({ id: sourceId, table: "pg_catalog.pg_class" }),
  "sources.previewRows": ({ sourceId }) => ({ id: sourceId, table: "pg_catalog.pg_type", limit: 1 }),
  "sample.state": () => undefined,
  "sample.load": () => undefined,
  "schedules.preview": () => ({ schedule: "0 0 * * *" }),
  "audit.list": () => ({}),
};

/** Makes the ended run of an organization a verification that has listed a row which differs. */
export async function verifiedRun({ platform }: TestApi, organizationId: string, own: Belongings): Promise<void> {
  const em = platform.store.forOrganization(organizationId);
  const pipeline = await em.findOneOrFail(Pipeline, { id: own.idlePipelineId });
  await em.nativeUpdate(PipelineRun, { id: own.endedRunId }, { trigger: "verify" });
  const digest = { rowCount: 1, sum: "1", xor: "1" };
  em.create(RunVerification, {
    organizationId,
    runId: own.endedRunId,
    comparedAs: comparedAs(pipeline),
    found: {
      isEqual: false,
      sourceRows: 1,
      destinationRows: 1,
      sourceDigest: digest,
      destinationDigest: { ...digest, xor: "2" },
      keyColumns: ["id"],
      differenceCount: 1,
      isComplete: true,
    },
  });
  await em.flush();
}

/** How many events the audit log of an organization has. */
export async function auditCount(api: TestApi, organizationId: string): Promise<number> {
  const { rows } = await api.admin.query("select count(*)::int as count from audit_events where organization_id = $1", [
    organizationId,
  ]);
  return Number(rows[0]?.count);
}

/** Tables that hold an organization's rows, as one text: two texts are equal when nothing has changed. */
export async function rowsOf(api: TestApi, organizationId: string): Promise<string> {
  const { rows: tables } = await api.admin.query<{ name: string }>(
    `select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'organization_id' order by 1`,
  );
  const contents = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await api.admin.query(
        `select coalesce(json_agg(t order by t.id), '[]')::text as rows from public."${name}" t where organization_id = $1`,
        [organizationId],
      );
      return `${name}: ${String(rows[0]?.rows)}`;
    }),
  );
  return contents.join("\n");
}

/** As a run leaves it that has stopped for a change in the table. */
export async function waitForSchema(api: TestApi, { idlePipelineId, endedRunId }: Belongings): Promise<void> {
  const source = { columns: [], primaryKey: [] };
  const waiting = {
    runId: endedRunId,
    at: "2026-01-01T00:00:00Z",
    policy: "ask",
    verdict: "waits",
    changes: [],
    statements: [],
    source,
  };
  await api.admin.query("update pipelines set schema_state = $2 where id = $1", [idlePipelineId, { waiting }]);
}
