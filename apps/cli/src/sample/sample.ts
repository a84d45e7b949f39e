import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Caller } from "@millrace/rpc";
import { isRunActive, type Run } from "@millrace/shared";
import { loadShop } from "./load-shop.ts";

const STORE = "sample_store";
const WAREHOUSE = "sample_warehouse";
const ROLE = "millrace_sample";
const PIPELINE = "Sample: order lines to the warehouse";
const TABLE = "public.order_lines";
/** In the data directory, written last: a start that was cut short makes the sample anew, one that was not never does again. */
const MARKER = "sample-loaded";
const WATCH_INTERVAL_MS = 200;

/** What the sample needs of the embedded server. */
export interface SampleServer {
  readonly host: string;
  readonly port: number;
  /** A role that can log in and nothing more, with this password; made, or its password set. */
  ensureRole(role: string, password: string): Promise<void>;
  /** Drops the database if it is there and makes it anew, owned by `owner`, open to no other role. */
  recreateDatabase(database: string, owner: string): Promise<void>;
}

export interface LoadedSample {
  readonly shopRows: number;
  readonly run: Run;
}

export const isSampleLoaded = (dataDir: string): boolean => existsSync(join(dataDir, MARKER));

/**
 * Makes the two sample databases under a role of their own, registers them, draws a pipeline between them and runs it.
 * Resolves once the run has ended.
 */
export async function loadSample(dataDir: string, server: SampleServer, caller: Caller): Promise<LoadedSample> {
  const password = randomBytes(18).toString("base64url");
  await server.ensureRole(ROLE, password);
  for (const database of [STORE, WAREHOUSE]) await server.recreateDatabase(database, ROLE);
  const shopRows = await loadShop(`postgres://${ROLE}:${password}@${server.host}:${server.port}/${STORE}`);

  const { host, port } = server;
  const connection = { host, port, username: ROLE, password, options: { sslmode: "disable" } };
  const sourceId = await ensureDataSource(caller, { ...connection, name: "Sample store", database: STORE });
  const destinationId = await ensureDataSource(caller, {
    ...connection,
    name: "Sample warehouse",
    database: WAREHOUSE,
  });
  const pipelineId = await ensurePipeline(caller, {
    name: PIPELINE,
    description: "Copies the lines of every order from the sample store into the sample warehouse.",
    sourceId,
    sourceTable: TABLE,
    destinationId,
    destinationTable: TABLE,
  });
  const { runId } = await caller.pipelines.trigger({ id: pipelineId });
  const run = await waitForEnd(caller, runId);
  writeFileSync(join(dataDir, MARKER), `${new Date().toISOString()}\n`);
  return { shopRows, run };
}

type DataSourceFields = Omit<Parameters<Caller["sources"]["create"]>[0], "connectionType">;

async function ensureDataSource(caller: Caller, fields: DataSourceFields): Promise<string> {
  const { items } = await caller.sources.list({});
  const found = items.find((item) => item.name === fields.name);
  const saved = found
    ? await caller.sources.update({ ...fields, id: found.id })
    : await caller.sources.create({ ...fields, connectionType: "postgresql" });
  return saved.id;
}

async function ensurePipeline(caller: Caller, fields: Parameters<Caller["pipelines"]["create"]>[0]): Promise<string> {
  const { items } = await caller.pipelines.list({ search: fields.name });
  const found = items.find((item) => item.name === fields.name);
  const saved = found
    ? await caller.pipelines.update({ ...fields, id: found.id })
    : await caller.pipelines.create(fields);
  return saved.id;
}

async function waitForEnd(caller: Caller, runId: string): Promise<Run> {
  for (;;) {
    const run = await caller.runs.get({ id: runId });
    if (!isRunActive(run.status)) return run;
    await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
  }
}
