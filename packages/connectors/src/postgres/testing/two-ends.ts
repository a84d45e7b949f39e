import type { TestServer } from "@millrace/db/testing";
import {
  type Chunk,
  type Connection,
  executeRun,
  type QuarantineSink,
  type RunIdentity,
  type RunOutcome,
  type SchemaBasis,
  type Side,
} from "@millrace/engine";
import {
  AppError,
  type ErrorBudget,
  type ErrorCode,
  Mapping,
  parseTableName,
  PipelinePolicies,
  type RunProgress,
  type SchemaReport,
  type TableShape,
  type Verification,
  type WriteMode,
} from "@millrace/shared";
import pg from "pg";
import type { z } from "zod";
import { detailOf } from "../postgres-catalog.ts";
import { postgresConnector } from "../postgres-connector.ts";

export interface CopyOptions {
  readonly table: string;
  /** The source's table name where left out. */
  readonly toTable?: string;
  readonly writeMode?: WriteMode;
  readonly policies?: z.input<typeof PipelinePolicies>;
  readonly backfill?: { readonly from: string | null; readonly to: string | null };
  /** As people write it. */
  readonly mapping?: z.input<typeof Mapping>;
  readonly maskKey?: string;
  /** The policy `verification` without its middle: full, or off. */
  readonly verify?: boolean;
  readonly identity?: RunIdentity;
  readonly parallelism?: number;
  readonly chunkBytes?: number;
  readonly wireFormats?: readonly string[];
  readonly isTriedAgain?: (error: AppError) => boolean;
  readonly budget?: ErrorBudget;
  readonly quarantine?: QuarantineSink;
  readonly schema?: SchemaBasis;
  readonly onSchema?: (report: SchemaReport, source: TableShape) => void;
  readonly onMismatch?: (found: Verification) => void;
  readonly signal?: AbortSignal;
  readonly sourceUrl?: string;
  readonly destinationUrl?: string;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onLog?: (level: string, message: string) => void;
}

/** A source and a destination database of a test file's own, looked at as a superuser and copied between as a user would. */
export interface TwoEnds {
  readonly source: pg.Client;
  readonly destination: pg.Client;
  readonly sourceUrl: string;
  readonly destinationUrl: string;
  open(side: Side, url?: string): Promise<Connection>;
  copy(options: CopyOptions): Promise<RunOutcome>;
  /** The error that the copy ends with. */
  failure(options: CopyOptions): Promise<AppError>;
  /** Rows of the first that the second lacks and the other way round, duplicates counted; both as the servers' text. */
  difference(table: string, toTable?: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Three parts of any table, the tiniest included; the last may have all of the rows. */
const IN_CHUNKS: readonly Chunk[] = [
  { index: 0, condition: "ctid < '(0,2)'" },
  { index: 1, condition: "ctid >= '(0,2)' and ctid < '(0,4)'" },
  { index: 2, condition: "ctid >= '(0,4)'" },
];

/** The connection, whose every table is split, whatever its size, where it can be. */
function inChunks(connection: Connection): Connection {
  const { source } = connection;
  if (!source) return connection;
  const begin: typeof source.begin = async (table, signal, mapping) => {
    const session = await source.begin(table, signal, mapping);
    const { relkind } = detailOf(session.description);
    if (relkind === "r") session.chunks = async () => IN_CHUNKS;
    return session;
  };
  return { ...connection, source: { ...source, begin } };
}

export async function openTwoEnds(
  sourceServer: TestServer,
  destinationServer = sourceServer,
  { isInChunks = false } = {},
): Promise<TwoEnds> {
  const sourceUrl = await sourceServer.createDatabase("source");
  const destinationUrl = await destinationServer.createDatabase("destination");
  const source = await connect(sourceUrl);
  const destination = await connect(destinationUrl);

  const open = (side: Side, url = side === "source" ? sourceUrl : destinationUrl) =>
    postgresConnector.open(postgresConnector.parseUrl(url), { side, signal: AbortSignal.timeout(20_000) });

  async function copy(options: CopyOptions): Promise<RunOutcome> {
    const { table, toTable = table, writeMode = "replace", verify = true, identity = null } = options;
    const opened = await open("source", options.sourceUrl);
    const from = isInChunks ? inChunks(opened) : opened;
    try {
      const to = await open("destination", options.destinationUrl);
      try {
        return await executeRun({
          source: from,
          destination: to,
          sourceTable: parseTableName(table),
          destinationTable: parseTableName(toTable),
          writeMode,
          policies: PipelinePolicies.parse({ verification: verify ? "full" : "off", ...options.policies }),
          backfill: options.backfill,
          mapping: options.mapping && {
            mapping: Mapping.parse(options.mapping),
            maskKey: options.maskKey ?? null,
          },
          identity,
          parallelism: options.parallelism ?? (isInChunks ? 2 : 1),
          chunkBytes: options.chunkBytes,
          wireFormats: options.wireFormats,
          isTriedAgain: options.isTriedAgain,
          budget: options.budget,
          quarantine: options.quarantine,
          schema: options.schema,
          onSchema: options.onSchema,
          onMismatch: options.onMismatch,
          signal: options.signal ?? new AbortController().signal,
          onProgress: options.onProgress ?? (() => {}),
          onLog: options.onLog ?? (() => {}),
        });
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  }

  return {
    source,
    destination,
    sourceUrl,
    destinationUrl,
    open,
    copy,
    failure: async (options) => {
      const error = await copy(options).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error instanceof AppError) return error;
      throw error ?? new RangeError(`the copy of ${options.table} succeeded`);
    },
    difference: async (table, toTable = table) => {
      const [before, after] = await Promise.all([textOf(source, table), textOf(destination, toTable)]);
      return differenceOf(before, after);
    },
    close: async () => {
      await Promise.all([source.end(), destination.end()]);
    },
  };
}

/** Looks at a database as a superuser. Every value comes as the server's text. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => String } });
  await client.connect();
  await client.query("set client_min_messages = warning; set timezone = 'UTC'; set extra_float_digits = 3");
  return client;
}

/** Every row as the server writes it, columns in the order of their names, since a destination may have another order. */
async function textOf(client: pg.Client, table: string): Promise<string[]> {
  const { schema, name } = parseTableName(table);
  const { rows: columns } = await client.query<{ name: string }>(
    `select quote_ident(a.attname) as name from pg_attribute a
     join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped order by a.attname`,
    [schema, name],
  );
  const list = columns.map((column) => column.name).join(", ");
  const { rows } = await client.query<{ row: string }>(
    `select row(${list})::text as row from ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`,
  );
  return rows.map(({ row }) => row);
}

function differenceOf(before: readonly string[], after: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of before) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of after) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts].filter(([, count]) => count !== 0).map(([row, count]) => `${count > 0 ? "-" : "+"} ${row}`);
}

/** `CODE: sentence`, for a test that cares about both. */
export const told = (error: AppError): `${ErrorCode}: ${string}` => `${error.code}: ${error.message}`;
