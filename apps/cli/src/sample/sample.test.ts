import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { closePlatform, openPlatform } from "@millrace/api/platform";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@millrace/db/embedded";
import { type TestDatabase, testDatabase } from "@millrace/db/testing";
import { type Actor, createCaller, type Platform } from "@millrace/rpc";
import { newId } from "@millrace/shared";
import pg from "pg";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Sample, type SampleServer } from "./sample.ts";

const SECRET_KEY = "b7f3c9d2e8a1054f6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809182736";

let home: string;
let server: EmbeddedPostgres;
let database: TestDatabase;
let platform: Platform;
/** Databases that were made anew, in order. */
const made: string[] = [];

beforeAll(async () => {
  // Where another user may pass: PostgreSQL never runs as root.
  home = mkdtempSync("/var/tmp/millrace-sample-");
  chmodSync(home, 0o711);
  [server, database] = await Promise.all([
    startEmbeddedPostgres({ dataDir: `${home}/postgres`, isDurable: false }),
    testDatabase(),
  ]);
  platform = await openPlatform({
    databaseUrl: database.url,
    secretKey: SECRET_KEY,
    publicUrl: null,
    allowPrivateNetworks: true,
    rememberSecret: () => undefined,
  });
});
afterAll(async () => {
  await closePlatform(platform);
  await database.drop();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

/** As a start of the product would open it; what was made before is known by the data directory alone. */
const openSample = (): Sample => {
  const counting: SampleServer = {
    host: server.host,
    port: server.port,
    ensureRole: (role, password) => server.ensureRole(role, password),
    recreateDatabase: (name, owner) => {
      made.push(name);
      return server.recreateDatabase(name, owner);
    },
  };
  return new Sample({
    dataDir: home,
    server: counting,
    secretKey: SECRET_KEY,
    onShopMade: () => undefined,
    onFailure: () => undefined,
  });
};

const actorOf = (organizationId: string): Actor => ({
  userId: newId(),
  email: "ada@example.org",
  name: "Ada",
  organizationId,
  organizationName: "Engines",
  role: "admin",
  via: "session",
  credentialId: newId(),
});

const first = actorOf(newId());
const second = actorOf(newId());

it("is made once for two who ask at once, for one organization, and asked again it keeps what its databases hold", async () => {
  const sample = openSample();
  expect(sample.isLoaded).toBe(false);
  expect(sample.stateFor(first.organizationId)).toMatchObject({ isOffered: true, isLoading: false });

  const loading = [sample.load(platform, first), sample.load(platform, first)];
  expect(sample.stateFor(first.organizationId)).toMatchObject({ isOffered: true, isLoading: true, loaded: null });
  expect(sample.stateFor(second.organizationId)).toMatchObject({ isOffered: false, isLoading: false });
  const [one, other] = await Promise.all(loading);
  expect(other).toEqual(one);
  expect(sample.stateFor(first.organizationId)).toEqual({
    isOffered: true,
    isLoading: false,
    loaded: one,
    failure: null,
  });
  expect(made).toEqual(["sample_store", "sample_warehouse"]);

  const caller = createCaller({ platform, actor: first, door: "trpc" });
  const { items: sources } = await caller.sources.list({});
  expect(sources.map(({ name }) => name).toSorted()).toEqual(["Sample store", "Sample warehouse"]);
  const warehouse = new pg.Client({ connectionString: server.superuserUrl().replace(/[^/]*$/, "sample_warehouse") });
  await warehouse.connect();
  await warehouse.query("create table kept ()");

  // A restart, and somebody who has deleted the pipeline.
  const after = openSample();
  expect(after.isLoaded).toBe(true);
  expect(after.stateFor(second.organizationId).isOffered).toBe(false);
  const active = await after.load(platform, first);
  expect(active, "the run that is under way").toEqual(one);
  await caller.runs.cancel({ id: active.runId });
  await caller.pipelines.delete({ id: active.pipelineId });
  const anew = await after.load(platform, first);
  expect(anew.pipelineId).not.toBe(active.pipelineId);
  expect((await caller.runs.get({ id: anew.runId })).trigger).toBe("sample");
  expect((await caller.sources.list({})).items).toHaveLength(2);
  expect(made).toHaveLength(2);
  expect((await warehouse.query("select to_regclass('kept')::text as kept")).rows).toEqual([{ kept: "kept" }]);
  await warehouse.end();

  // The registered password opens the database, now and after another start.
  const store = sources.find(({ name }) => name === "Sample store");
  expect((await caller.sources.test({ id: store?.id ?? "" })).isOk).toBe(true);
});

it("tells why it could not be made, and can be asked for again", async () => {
  const failing = new Sample({
    dataDir: `${home}/elsewhere`,
    server: {
      host: server.host,
      port: server.port,
      ensureRole: () => Promise.reject(new Error("down")),
      recreateDatabase: async () => undefined,
    },
    secretKey: SECRET_KEY,
    onShopMade: () => undefined,
    onFailure: () => undefined,
  });
  failing.start(platform, first);
  await vi.waitUntil(() => !failing.stateFor(first.organizationId).isLoading, 30_000);
  expect(failing.stateFor(first.organizationId).failure?.code).toBe("INTERNAL");
  expect(failing.stateFor(second.organizationId)).toMatchObject({ isOffered: true, isLoading: false });
});
