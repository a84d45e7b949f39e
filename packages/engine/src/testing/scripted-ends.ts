import { Readable } from "node:stream";
import { AppError, type Digest, type LogLevel, type RunProgress } from "@millrace/shared";
import { WHOLE_TABLE } from "../chunk.ts";
import type {
  Chunk,
  ChunkWriter,
  CommittedChunk,
  Connection,
  DatabaseIdentity,
  DestinationSession,
  PublishedRun,
  Side,
  SourceReader,
  SourceSession,
  TableDescription,
  TablePlan,
} from "../connector.ts";
import type { RunRequest } from "../run.ts";

/** How the two ends behave; what is left out goes well. */
export interface Behaviour {
  readonly rows: readonly string[];
  readonly sourceIdentity?: DatabaseIdentity | null;
  readonly destinationIdentity?: DatabaseIdentity | null;
  readonly sourceDigest?: () => Promise<Digest>;
  readonly destinationDigest?: () => Promise<Digest>;
  readonly digestMethod?: string | null;
  /** The stream fails with this after its rows. */
  readonly readError?: Error;
  readonly writeError?: Error;
  readonly publishError?: Error;
  readonly notes?: readonly string[];
  readonly published?: PublishedRun;
  /** How often the destination is found changed when the run begins. */
  readonly changes?: number;
  /** What the source cannot make of the mapping. */
  readonly mappingRefusals?: readonly AppError[];
  /** How many rows are a chunk; where left out, the table is one and the load is not staged. */
  readonly rowsPerChunk?: number;
  /** What an earlier claim of the run has committed; kept through runs that share it. */
  readonly stage?: Map<number, readonly string[]>;
  /** How many writers the destination has room for. */
  readonly maxWriters?: number;
  /** The chunk with the number fails when it is committed. */
  readonly commitError?: { readonly index: number; readonly error: Error };
}

export interface ScriptedRun {
  readonly request: RunRequest;
  /** What was called, in order. */
  readonly calls: string[];
  readonly log: string[];
  readonly progress: RunProgress[];
  /** What the destination holds in the end; null until something is published. */
  readonly arrived: () => string[] | null;
}

/**
 * Two ends that behave as a test writes it, and write down what the engine asks of them. They are no connector: they have no tables and
 * no types. The one that has, and that runs are driven through behind a fault injector, is `connectors/src/memory`.
 */
export function scriptedRun(behaviour: Behaviour, changes: Partial<RunRequest> = {}): ScriptedRun {
  const calls: string[] = [];
  const log: string[] = [];
  const progress: RunProgress[] = [];
  let arrived: string[] | null = null;
  let changesLeft = behaviour.changes ?? 0;

  const { rows: sourceRows, rowsPerChunk } = behaviour;
  const isStaged = rowsPerChunk !== undefined && rowsPerChunk < sourceRows.length;
  const rowsOf = ({ index, condition }: Chunk): readonly string[] =>
    condition === null || rowsPerChunk === undefined
      ? sourceRows
      : sourceRows.slice(index * rowsPerChunk, (index + 1) * rowsPerChunk);
  const note = (call: string, { index, condition }: Chunk) =>
    void calls.push(condition === null ? call : `${call} ${index}`);

  const reader = (close: string): SourceReader => ({
    read: (_plan, chunk) => {
      note("read", chunk);
      let rowCount = 0;
      let byteCount = 0;
      const stream = Readable.from(
        (async function* () {
          for (const row of rowsOf(chunk)) {
            const bytes = Buffer.from(row);
            rowCount++;
            byteCount += bytes.length;
            yield bytes;
          }
          if (behaviour.readError) throw behaviour.readError;
        })(),
        { objectMode: false },
      );
      return {
        stream,
        rowCount: () => rowCount,
        byteCount: () => byteCount,
        toError: (cause) => new AppError("CONNECTION_LOST", { params: { side: "source" }, cause }),
      };
    },
    digest: async (_plan, chunk) => {
      note("source digest", chunk);
      return (await behaviour.sourceDigest?.()) ?? digestOf(rowsOf(chunk));
    },
    close: async () => void calls.push(close),
  });
  const sourceSession: SourceSession = {
    ...reader("source close"),
    base: DESCRIPTION,
    description: DESCRIPTION,
    columns: [],
    refusals: behaviour.mappingRefusals ?? [],
    preview: async () => ({ columns: [], rows: [] }),
    chunks: async () =>
      isStaged
        ? Array.from({ length: Math.ceil(sourceRows.length / rowsPerChunk) }, (_, index) => ({
            index,
            condition: `part ${index}`,
          }))
        : [WHOLE_TABLE],
    openReader: async () => reader("reader close"),
    narrow: async () => 0,
    readKeys: () => {
      throw new RangeError("nothing here has a key");
    },
  };

  const stage = behaviour.stage ?? new Map<number, readonly string[]>();
  const staged = () => [...stage].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
  const committed: readonly CommittedChunk[] = [...stage].map(([index, rows]) => ({
    index,
    rowCount: rows.length,
    digest: digestOf(rows),
  }));
  const writer = (): ChunkWriter => {
    let written: string[] = [];
    let current = WHOLE_TABLE;
    return {
      write: async (chunk, stream) => {
        current = chunk;
        note("write", chunk);
        written = [];
        for await (const bytes of stream) {
          if (behaviour.writeError) throw behaviour.writeError;
          written.push(String(bytes));
        }
        return written.length;
      },
      digest: async () => {
        note("destination digest", current);
        return (await behaviour.destinationDigest?.()) ?? digestOf(written);
      },
      commit: async ({ index }) => {
        if (isStaged) note("commit", current);
        if (behaviour.commitError?.index === index) throw behaviour.commitError.error;
        // A chunk that is committed already stays as it is.
        if (!stage.has(index)) stage.set(index, written);
      },
      close: async () => void (isStaged && calls.push("writer close")),
    };
  };
  let isPublished = false;
  let writers = 0;
  const destinationSession: DestinationSession = {
    kind: "open",
    isStaged,
    committed: isStaged ? committed : [],
    startsOverBecause: null,
    discard: async (indexes) => {
      calls.push(`discard ${indexes.join()}`);
      for (const index of indexes) stage.delete(index);
    },
    openWriter: async () => {
      if (writers++ === behaviour.maxWriters)
        throw new AppError("CONNECTION_LIMIT", { params: { side: "destination" } });
      return writer();
    },
    writeKeys: async () => 0,
    publish: async (loaded) => {
      calls.push("publish");
      if (behaviour.publishError) throw behaviour.publishError;
      arrived = staged();
      isPublished = true;
      return { notes: behaviour.notes ?? [], changes: null, loaded };
    },
    close: async ({ keepsChunks } = { keepsChunks: false }) => {
      calls.push(keepsChunks ? "destination close, chunks kept" : "destination close");
      if (isPublished || !keepsChunks) stage.clear();
    },
  };

  const source = connection("source", behaviour.sourceIdentity ?? null, {
    source: {
      emits: () => ["scripted"],
      assertCursor: () => {},
      lookAtCursor: async () => {
        throw new RangeError("nothing here has a cursor");
      },
      begin: async () => {
        calls.push("source begin");
        return sourceSession;
      },
    },
  });
  const destination = connection("destination", behaviour.destinationIdentity ?? null, {
    destination: {
      takes: ["scripted"],
      cursorPosition: async () => null,
      survey: async () => {
        calls.push("survey");
        return { existing: null, detail: null };
      },
      plan: () => ({
        ...PLAN,
        digestMethod: behaviour.digestMethod === undefined ? "scripted" : behaviour.digestMethod,
      }),
      assertPermitted: async () => {},
      begin: async () => {
        calls.push("destination begin");
        if (changesLeft-- > 0) throw new AppError("DESTINATION_CHANGED", { params: { table: "public.t" } });
        return behaviour.published ?? destinationSession;
      },
    },
  });
  const request: RunRequest = {
    source,
    destination,
    sourceTable: { schema: "public", name: "t" },
    destinationTable: { schema: "public", name: "t" },
    writeMode: "replace",
    identity: null,
    parallelism: 1,
    signal: new AbortController().signal,
    onProgress: (event) => progress.push(event),
    onLog: (level: LogLevel, message) => log.push(`${level} ${message}`),
    ...changes,
  };
  return { request, calls, log, progress, arrived: () => arrived };
}

/** Of rows whose first letter tells them apart. */
export const digestOf = (rows: readonly string[]): Digest => {
  const hashes = rows.map((row) => row.charCodeAt(0) * 7919);
  return {
    rowCount: rows.length,
    sum: String(hashes.reduce((sum, hash) => sum + hash, 0)),
    xor: String(hashes.reduce((xor, hash) => xor ^ hash, 0)),
  };
};

const DESCRIPTION: TableDescription = {
  schema: "public",
  name: "t",
  kind: "table",
  reference: "public.t",
  estimatedRows: null,
  estimatedBytes: null,
  columns: [],
  primaryKey: [],
  system: "files",
  detail: null,
};

const PLAN: TablePlan = {
  sourceTable: { schema: "public", name: "t" },
  destinationTable: { schema: "public", name: "t" },
  writeMode: "replace",
  columns: [],
  wireFormat: "scripted",
  digestMethod: "scripted",
  statements: ["make the table"],
  stagedStatements: null,
  warnings: ["mind the gap"],
  createsTable: true,
  keyColumns: [],
  keying: null,
  estimatedRows: 7,
  detail: null,
};

function connection(
  side: Side,
  identity: DatabaseIdentity | null,
  ends: Pick<Connection, "source" | "destination">,
): Connection {
  const unasked = async () => {
    throw new RangeError("a run asks for nothing but its ends");
  };
  return {
    connector: {
      type: "files",
      title: "Scripted",
      defaultPort: null,
      capabilities: {
        canRead: true,
        canWrite: true,
        hasDigest: true,
        canMap: true,
        canMerge: true,
        canKeepHistory: true,
        canCapture: false,
      },
      configSchema: undefined as never,
      exampleUrl: "scripted://",
      guide: { identifierQuote: '"', parts: [] },
      parseUrl: unasked,
      open: unasked,
      test: unasked,
    },
    side,
    identity,
    listTables: unasked,
    describe: unasked,
    preview: unasked,
    close: async () => {},
    ...ends,
  };
}
