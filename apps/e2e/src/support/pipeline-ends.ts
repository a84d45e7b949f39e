import type { APIRequestContext } from "@playwright/test";
import { startEmbeddedPostgres } from "@millrace/db/embedded";
import { join } from "node:path";
import { Client } from "pg";
import type { Stage } from "./environment.ts";
import { expect } from "./journey.ts";

const ROLE = "journeys";
const PASSWORD = "only for journeys";

/** Two registered databases inside the product's own server, with nothing in them but what a journey makes. */
export interface PipelineEnds {
  /** The names of the two data sources. */
  readonly shop: string;
  readonly warehouse: string;
  readonly warehouseId: string;
  readonly inShop: Client;
  readonly inWarehouse: Client;
  /** A data source that nobody answers for. */
  addUnreachable(name: string): Promise<void>;
  /** A pipeline as a script makes it. */
  addPipeline(fields: object): Promise<{ id: string }>;
  /** Deletes what was registered, with the pipelines that use it. */
  remove(): Promise<void>;
}

/** `label` tells the journeys' data sources apart, and is part of their names. */
export async function makePipelineEnds(stage: Stage, request: APIRequestContext, label: string): Promise<PipelineEnds> {
  // The product's server is running, so this starts nothing and must stop nothing.
  const server = await startEmbeddedPostgres({ dataDir: join(stage.dataDir, "postgres") });
  await server.ensureRole(ROLE, PASSWORD);
  const open = async (database: string) => {
    await server.recreateDatabase(database, ROLE);
    const client = new Client({ host: server.host, port: server.port, user: ROLE, password: PASSWORD, database });
    await client.connect();
    return client;
  };
  const inShop = await open(`${label}_shop`);
  const inWarehouse = await open(`${label}_warehouse`);

  const post = async (path: string, data: object): Promise<{ id: string }> => {
    const response = await request.post(path, { data });
    expect(response.status(), await response.text()).toBe(201);
    return (await response.json()) as { id: string };
  };
  const sourceIds: string[] = [];
  const register = async (name: string, database: string, port: number) => {
    const { id } = await post("/api/data-sources", {
      name,
      connection_type: "postgresql",
      host: server.host,
      port,
      database,
      username: ROLE,
      password: PASSWORD,
      options: { sslmode: "disable" },
    });
    sourceIds.push(id);
    return id;
  };
  const [shop, warehouse] = [`${label} shop`, `${label} warehouse`];
  const shopId = await register(shop, `${label}_shop`, server.port);
  const warehouseId = await register(warehouse, `${label}_warehouse`, server.port);

  return {
    shop,
    warehouse,
    warehouseId,
    inShop,
    inWarehouse,
    addUnreachable: async (name) => void (await register(name, "nothing", 1)),
    addPipeline: (fields) => post("/api/pipelines", { source_id: shopId, destination_id: warehouseId, ...fields }),
    remove: async () => {
      const pipelines = (await (await request.get("/api/pipelines?limit=200")).json()) as {
        id: string;
        source_id: string | null;
        destination_id: string | null;
      }[];
      for (const { id, source_id: from, destination_id: to } of pipelines) {
        if (sourceIds.includes(from ?? "") || sourceIds.includes(to ?? ""))
          await request.delete(`/api/pipelines/${id}`);
      }
      for (const id of sourceIds) await request.delete(`/api/data-sources/${id}`);
      await Promise.all([inShop.end(), inWarehouse.end()]);
    },
  };
}

/** A small table with a key, a type of its own and a thousand rows. */
export const ORDERS = `
  create type state as enum ('open', 'paid');
  create table orders (id bigint primary key, state state not null, total numeric(12,2), placed_at timestamptz);
  insert into orders select n, case when n % 2 = 0 then 'open' else 'paid' end::state, n * 1.5, now() - n * interval '1 hour'
    from generate_series(1, 1000) n;
  analyze orders;`;
