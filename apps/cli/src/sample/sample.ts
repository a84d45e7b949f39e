import { hkdfSync } from "node:crypto";
import { type Actor, appErrorOf, type Caller, createCaller, type Platform, type SampleLoader } from "@millrace/rpc";
import { type AppError, isRunActive, type LoadedSample, type SampleState, toAppError } from "@millrace/shared";
import { TRPCError } from "@trpc/server";
import { loadShop } from "./load-shop.ts";
import { SampleMarker } from "./sample-marker.ts";

const STORE = "sample_store";
const WAREHOUSE = "sample_warehouse";
const ROLE = "millrace_sample";
const PIPELINE = "Sample: order lines to the warehouse";
const TABLE = "public.order_lines";
const PASSWORD_BYTES = 18;

/** What the sample needs of the embedded server. */
export interface SampleServer {
  readonly host: string;
  readonly port: number;
  /** A role that can log in and nothing more, with this password; made, or its password set. */
  ensureRole(role: string, password: string): Promise<void>;
  /** Drops the database if it is there and makes it anew, owned by `owner`, open to no other role. */
  recreateDatabase(database: string, owner: string): Promise<void>;
}

export interface SampleOptions {
  readonly dataDir: string;
  readonly server: SampleServer;
  /** The password of the sample's role is derived from it, so that it is the same at each start. */
  readonly secretKey: string;
  /** Told how many rows the shop has, once it is made. */
  readonly onShopMade: (rowCount: number) => void;
  /** Told why it could not be made. */
  readonly onFailure: (error: AppError) => void;
}

/**
 * The sample of one data directory: absent -> being made, for one organization -> there, and that organization's; or failed,
 * which is as absent. It is made in the background, by one at a time.
 */
export class Sample implements SampleLoader {
  readonly #server: SampleServer;
  readonly #marker: SampleMarker;
  readonly #password: string;
  readonly #onShopMade: (rowCount: number) => void;
  readonly #onFailure: (error: AppError) => void;
  #loading: { readonly organizationId: string; readonly done: Promise<LoadedSample> } | null = null;
  #loaded: LoadedSample | null = null;
  #failure: AppError | null = null;

  constructor({ dataDir, server, secretKey, onShopMade, onFailure }: SampleOptions) {
    this.#server = server;
    this.#onShopMade = onShopMade;
    this.#onFailure = onFailure;
    this.#marker = new SampleMarker(dataDir);
    const key = hkdfSync("sha256", secretKey, "", "millrace sample role v1", PASSWORD_BYTES);
    this.#password = Buffer.from(key).toString("base64url");
  }

  /** Whether the databases were made, in whatever process. */
  get isLoaded(): boolean {
    return this.#marker.isThere;
  }

  stateFor(organizationId: string): SampleState {
    const owner = this.#loading?.organizationId ?? this.#marker.owner;
    if (owner !== null && owner !== organizationId) {
      return { isOffered: false, isLoading: false, loaded: null, failure: null };
    }
    const { code, message, hint } = this.#failure ?? {};
    return {
      isOffered: true,
      isLoading: this.#loading !== null,
      loaded: this.#loaded,
      failure: code && message && hint ? { code, message, hint } : null,
    };
  }

  start(platform: Platform, actor: Actor): void {
    // Whoever looks at the state finds out.
    this.load(platform, actor).catch(() => undefined);
  }

  /** Resolves once the sample's pipeline runs; as `start` for who asks while it is being made. Rejects with `AppError`. */
  load(platform: Platform, actor: Actor): Promise<LoadedSample> {
    this.#loading ??= { organizationId: actor.organizationId, done: this.#follow(this.#load(platform, actor)) };
    return this.#loading.done;
  }

  async #follow(loading: Promise<LoadedSample>): Promise<LoadedSample> {
    this.#loaded = null;
    this.#failure = null;
    try {
      this.#loaded = await loading;
      return this.#loaded;
    } catch (thrown) {
      this.#failure = thrown instanceof TRPCError ? appErrorOf(thrown) : toAppError(thrown);
      this.#onFailure(this.#failure);
      throw this.#failure;
    } finally {
      this.#loading = null;
    }
  }

  /** Makes what is missing: the databases with the shop, their registration, the pipeline, a run of it. */
  async #load(platform: Platform, actor: Actor): Promise<LoadedSample> {
    const { host, port } = this.#server;
    platform.rememberSecret(this.#password);
    await this.#server.ensureRole(ROLE, this.#password);
    if (!this.isLoaded) await this.#makeDatabases();
    const caller = createCaller({ platform, actor, door: "sample" });
    const connection = { host, port, username: ROLE, password: this.#password, options: { sslmode: "disable" } };
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
    const runId = await ensureRun(caller, pipelineId);
    this.#marker.write(actor.organizationId);
    return { pipelineId, runId };
  }

  async #makeDatabases(): Promise<void> {
    for (const database of [STORE, WAREHOUSE]) await this.#server.recreateDatabase(database, ROLE);
    const { host, port } = this.#server;
    this.#onShopMade(await loadShop(`postgres://${ROLE}:${this.#password}@${host}:${port}/${STORE}`));
  }
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

/** The run that is under way, or a new one. */
async function ensureRun(caller: Caller, pipelineId: string): Promise<string> {
  const { items } = await caller.runs.list({ pipelineId, limit: 1 });
  const [latest] = items;
  if (latest && isRunActive(latest.status)) return latest.id;
  return (await caller.pipelines.trigger({ id: pipelineId })).runId;
}
