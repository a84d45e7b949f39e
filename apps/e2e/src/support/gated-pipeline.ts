import type { APIRequestContext } from "@playwright/test";
import { startEmbeddedPostgres } from "@millrace/db/embedded";
import { join } from "node:path";
import { Client } from "pg";
import { expect } from "./journey.ts";
import type { Stage } from "./environment.ts";

const SHOP = "journeys_shop";
const WAREHOUSE = "journeys_warehouse";
const ROLE = "journeys";
const PASSWORD = "only for journeys";
const GATE = 7_001;
const ROW_COUNT = 20_000;

/** A view that stops in the middle of being read for as long as somebody holds the gate shut. */
const GATED_VIEW = `
  create function public.pass_gate(row_id bigint) returns bigint language plpgsql as $$
  begin
    while not pg_try_advisory_lock_shared(${GATE}) loop perform pg_sleep(0.05); end loop;
    perform pg_advisory_unlock_shared(${GATE});
    return row_id;
  end $$;
  create view public.gated as
    select case when n = ${ROW_COUNT / 2} then public.pass_gate(n) else n end as id, md5(n::text) as note
    from generate_series(1, ${ROW_COUNT}::bigint) n;`;

/** A pipeline whose run waits halfway until it is let on: what happens "in the middle of a run" then happens just there. */
export interface GatedPipeline {
  readonly pipelineId: string;
  readonly name: string;
  /** Runs stop halfway from now on. */
  shut(): Promise<void>;
  /** Lets a waiting run go on, and later ones pass. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the two databases inside the product's own server, and the pipeline through its REST API. */
export async function makeGatedPipeline(
  stage: Stage,
  request: APIRequestContext,
  name: string,
): Promise<GatedPipeline> {
  // The product's server is running, so this starts nothing and must stop nothing.
  const server = await startEmbeddedPostgres({ dataDir: join(stage.dataDir, "postgres") });
  await server.ensureRole(ROLE, PASSWORD);
  for (const database of [SHOP, WAREHOUSE]) await server.recreateDatabase(database, ROLE);
  const gatekeeper = new Client({
    host: server.host,
    port: server.port,
    user: ROLE,
    password: PASSWORD,
    database: SHOP,
  });
  await gatekeeper.connect();
  await gatekeeper.query(GATED_VIEW);

  const post = async (path: string, data: object): Promise<{ id: string }> => {
    const response = await request.post(path, { data });
    expect(response.status(), await response.text()).toBe(201);
    return (await response.json()) as { id: string };
  };
  const dataSource = (database: string) =>
    post("/api/data-sources", {
      name: `${name}: ${database}`,
      connection_type: "postgresql",
      host: server.host,
      port: server.port,
      database,
      username: ROLE,
      password: PASSWORD,
      options: { sslmode: "disable" },
    });
  const { id: pipelineId } = await post("/api/pipelines", {
    name,
    source_id: (await dataSource(SHOP)).id,
    source_table: "public.gated",
    destination_id: (await dataSource(WAREHOUSE)).id,
    destination_table: "public.arrived",
  });
  return {
    pipelineId,
    name,
    shut: async () => void (await gatekeeper.query("select pg_advisory_lock($1)", [GATE])),
    open: async () => void (await gatekeeper.query("select pg_advisory_unlock_all()")),
    close: () => gatekeeper.end(),
  };
}
