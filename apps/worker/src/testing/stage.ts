import { openStore, Pipeline, PipelineRun, RunLogLine, type Store } from "@millrace/db";
import { testDatabase, testServer } from "@millrace/db/testing";
import { type BackfillWindow, newId, type RunStatus } from "@millrace/shared";
import { Client } from "pg";
import { vi } from "vitest";
import { registerEnds } from "./register-ends.ts";
import { SHORT_LEASE_SECONDS } from "./timing.ts";

const SPECTATOR = "a spectator";
const GATE = 7001;
/** A view that stops after its 5,000th row for as long as somebody holds the gate shut. */
const GATED_VIEW = `
  create function pass_gate(n bigint) returns bigint language plpgsql as $$
  begin
    while not pg_try_advisory_lock_shared(${GATE}) loop perform pg_sleep(0.02); end loop;
    perform pg_advisory_unlock_shared(${GATE});
    return n;
  end $$;
  create view gated as
    select case when n = 5000 then pass_gate(n) else n end as id, repeat(md5(n::text), 4) as note
    from generate_series(1, 10000::bigint) n;`;

/** The platform's database, a source and a destination, and what a test does to them. */
export interface Stage {
  readonly databaseUrl: string;
  readonly store: Store;
  readonly organizationId: string;
  readonly sourceDatabase: string;
  /** Connected to the source, to the destination, and to the platform's database past every policy. */
  readonly source: Client;
  readonly destination: Client;
  readonly platform: Client;
  createPipeline(fields?: Partial<Pipeline>): Promise<string>;
  trigger(pipelineId: string, backfill?: BackfillWindow): Promise<string>;
  readRun(runId: string): Promise<PipelineRun>;
  readPipeline(pipelineId: string): Promise<Pipeline>;
  readLog(runId: string): Promise<RunLogLine[]>;
  waitForRun(runId: string, status: RunStatus, timeoutMs?: number): Promise<PipelineRun>;
  /** Resolves once a run stands before the gate, rows behind it and rows to come. */
  waitAtGate(): Promise<void>;
  /** What Millrace has open at source and destination: their statements. */
  sessionsAtEnds(): Promise<string[]>;
  shutGate(): Promise<void>;
  openGate(): Promise<void>;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const [database, server] = await Promise.all([testDatabase(), testServer()]);
  const store = openStore({
    databaseUrl: database.url,
    applicationName: "worker test",
    leaseSeconds: SHORT_LEASE_SECONDS,
  });
  const urls = {
    source: await server.createDatabase("source"),
    destination: await server.createDatabase("destination"),
  };
  const source = await connect(urls.source);
  const destination = await connect(urls.destination);
  const gatekeeper = await connect(urls.source);
  const platform = await connect(database.superuserUrl);
  await source.query(`${GATED_VIEW} create table items (id int primary key, name text)`);
  await source.query("insert into items select n, 'item ' || n from generate_series(1, 1000) n");
  const organizationId = newId();
  const ends = await registerEnds(store, organizationId, urls);
  const em = () => store.forOrganization(organizationId);
  const readRun = (id: string) => em().findOneOrFail(PipelineRun, { id });

  return {
    databaseUrl: database.url,
    store,
    organizationId,
    sourceDatabase: new URL(urls.source).pathname.slice(1),
    source,
    destination,
    platform,
    readRun,
    createPipeline: async (fields = {}) => {
      const writer = em();
      const pipeline = writer.create(Pipeline, {
        id: newId(),
        organizationId,
        name: newId(),
        ...ends,
        sourceTable: "public.items",
        destinationTable: "public.arrived",
        createdBy: "a test",
        ...fields,
      });
      await writer.flush();
      return pipeline.id;
    },
    trigger: (pipelineId, backfill) =>
      em().transactional(async (tx) => {
        const run = tx.create(PipelineRun, {
          id: newId(),
          organizationId,
          pipeline: tx.getReference(Pipeline, pipelineId),
          trigger: "manual",
          backfill: backfill ?? null,
        });
        await tx.flush();
        await store.queue.enqueue(tx, { runId: run.id, organizationId });
        return run.id;
      }),
    readPipeline: (id) => em().findOneOrFail(Pipeline, { id }),
    readLog: (run) => em().find(RunLogLine, { run }, { orderBy: { seq: "asc" } }),
    waitForRun: (runId, status, timeoutMs = 60_000) =>
      vi.waitFor(
        async () => {
          const run = await readRun(runId);
          if (run.status !== status) throw new RangeError(`the run is ${run.status}: ${run.errorMessage}\n${run.log}`);
          return run;
        },
        { timeout: timeoutMs, interval: 50 },
      ),
    waitAtGate: () =>
      vi.waitFor(
        async () => {
          const { rowCount } = await platform.query(
            "select from pg_stat_activity where state = 'active' and wait_event = 'PgSleep' and datname = $1",
            [new URL(urls.source).pathname.slice(1)],
          );
          if (rowCount === 0) throw new RangeError("nobody is at the gate");
        },
        { timeout: 30_000, interval: 20 },
      ),
    sessionsAtEnds: async () => {
      const names = Object.values(urls).map((url) => new URL(url).pathname.slice(1));
      const { rows } = await platform.query<{ query: string }>(
        "select query from pg_stat_activity where datname = any ($1) and application_name <> $2",
        [names, SPECTATOR],
      );
      return rows.map(({ query }) => query);
    },
    shutGate: async () => void (await gatekeeper.query("select pg_advisory_lock($1)", [GATE])),
    openGate: async () => void (await gatekeeper.query("select pg_advisory_unlock_all()")),
    close: async () => {
      await store.close();
      await Promise.all([source, destination, gatekeeper, platform].map((client) => client.end()));
    },
  };
}

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, application_name: SPECTATOR });
  await client.connect();
  return client;
}
