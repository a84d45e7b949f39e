import { Readable } from "node:stream";
import { AppError, type Digest, type LogLevel, type RunProgress } from "@millrace/shared";
import type {
  Connection,
  DatabaseIdentity,
  DestinationSession,
  PublishedRun,
  Side,
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
}

export interface MemoryRun {
  readonly request: RunRequest;
  /** What was called, in order. */
  readonly calls: string[];
  readonly log: string[];
  readonly progress: RunProgress[];
  /** What the destination holds in the end; null until something is published. */
  readonly arrived: () => string[] | null;
}

/** Two ends without a system behind them, which keep the connector contract and write down what the engine asks of them. */
export function memoryRun(behaviour: Behaviour, changes: Partial<RunRequest> = {}): MemoryRun {
  const calls: string[] = [];
  const log: string[] = [];
  const progress: RunProgress[] = [];
  let arrived: string[] | null = null;
  let changesLeft = behaviour.changes ?? 0;

  const sourceSession: SourceSession = {
    description: DESCRIPTION,
    read: () => {
      calls.push("read");
      let rowCount = 0;
      let byteCount = 0;
      const stream = Readable.from(
        (async function* () {
          for (const row of behaviour.rows) {
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
    digest: async () => {
      calls.push("source digest");
      return (await behaviour.sourceDigest?.()) ?? digestOf(behaviour.rows);
    },
    close: async () => void calls.push("source close"),
  };

  const staged: string[] = [];
  const destinationSession: DestinationSession = {
    kind: "open",
    write: async (stream) => {
      calls.push("write");
      for await (const chunk of stream) {
        if (behaviour.writeError) throw behaviour.writeError;
        staged.push(String(chunk));
      }
      return staged.length;
    },
    digest: async () => {
      calls.push("destination digest");
      return (await behaviour.destinationDigest?.()) ?? digestOf(staged);
    },
    publish: async () => {
      calls.push("publish");
      if (behaviour.publishError) throw behaviour.publishError;
      arrived = [...staged];
      return behaviour.notes ?? [];
    },
    close: async () => void calls.push("destination close"),
  };

  const source = connection("source", behaviour.sourceIdentity ?? null, {
    source: {
      begin: async () => {
        calls.push("source begin");
        return sourceSession;
      },
    },
  });
  const destination = connection("destination", behaviour.destinationIdentity ?? null, {
    destination: {
      survey: async () => {
        calls.push("survey");
        return { existing: null, detail: null };
      },
      plan: () => ({ ...PLAN, digestMethod: behaviour.digestMethod === undefined ? "memory" : behaviour.digestMethod }),
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
    verify: true,
    identity: null,
    signal: new AbortController().signal,
    onProgress: (event) => progress.push(event),
    onLog: (level: LogLevel, message) => log.push(`${level} ${message}`),
    ...changes,
  };
  return { request, calls, log, progress, arrived: () => arrived };
}

export const digestOf = (rows: readonly string[]): Digest => ({
  rowCount: rows.length,
  sum: String(rows.length),
  xor: rows.toSorted().join(),
});

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
  wireFormat: "memory",
  digestMethod: "memory",
  statements: ["make the table"],
  warnings: ["mind the gap"],
  createsTable: true,
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
      title: "Memory",
      defaultPort: null,
      capabilities: { canRead: true, canWrite: true, hasDigest: true, canCapture: false },
      configSchema: undefined as never,
      exampleUrl: "memory://",
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
