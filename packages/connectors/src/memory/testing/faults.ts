import { PassThrough, Readable, Transform } from "node:stream";
import {
  type Batch,
  batchOf,
  type ChunkWriter,
  type Connection,
  type DestinationSession,
  type DestinationSide,
  type SourceRead,
  type SourceReader,
  type SourceSession,
  type SourceSide,
  valueAt,
} from "@millrace/engine";
import type { Harness } from "../../conformance/harness.ts";

/**
 * Ways in which connectors have gone wrong, each of them in a copy of the memory connector that is right otherwise. The conformance
 * suite has to notice each. `at` picks the row or chunk that is hit, so that no test can be written around one place.
 */
export interface Fault {
  /** What the broken connector does. */
  readonly name: string;
  /** The case of the suite that is made for it. */
  readonly caughtBy: string;
  breaks(connection: Connection, at: number): Connection;
}

type Rows = readonly (Buffer | null)[][];

const rowsOf = (batch: Batch): Rows =>
  Array.from({ length: batch.rowCount }, (_row, row) => batch.columns.map((_column, at) => valueAt(batch, row, at)));

/** A source that sends other rows than it has read. Its digests are those of what it should have sent. */
function sending(connection: Connection, change: (rows: Rows, batch: Batch) => Rows): Connection {
  return reading(connection, (read) => {
    const stream = new Transform({
      objectMode: true,
      highWaterMark: 1,
      transform: (batch: Batch, _encoding, done) =>
        done(
          null,
          batchOf(
            batch.columns.map(({ type }) => type),
            change(rowsOf(batch), batch),
          ),
        ),
    });
    read.stream.once("error", (error) => stream.destroy(error));
    stream.once("close", () => read.stream.destroy());
    return { ...read, stream: read.stream.pipe(stream) };
  });
}

function reading(connection: Connection, change: (read: SourceRead) => SourceRead): Connection {
  const broken = <Reader extends SourceReader>(reader: Reader): Reader => {
    const read = reader.read.bind(reader);
    reader.read = (plan, chunk) => change(read(plan, chunk));
    return reader;
  };
  return atSource(connection, ({ begin }) => ({
    begin: async (...args) => {
      const session = broken(await begin(...args));
      const openReader = session.openReader.bind(session);
      session.openReader = async () => broken(await openReader());
      return session;
    },
  }));
}

function atSource(connection: Connection, change: (side: SourceSide) => Partial<SourceSide>): Connection {
  const { source } = connection;
  return source ? { ...connection, source: { ...source, ...change(source) } } : connection;
}

const inSession = (connection: Connection, change: (session: SourceSession) => void): Connection =>
  atSource(connection, ({ begin }) => ({
    begin: async (...args) => {
      const session = await begin(...args);
      change(session);
      return session;
    },
  }));

function atDestination(
  connection: Connection,
  change: (side: DestinationSide) => Partial<DestinationSide>,
): Connection {
  const { destination } = connection;
  return destination ? { ...connection, destination: { ...destination, ...change(destination) } } : connection;
}

const inLoad = (connection: Connection, change: (load: DestinationSession) => void): Connection =>
  atDestination(connection, ({ begin }) => ({
    begin: async (...args) => {
      const load = await begin(...args);
      if (load.kind === "open") change(load);
      return load;
    },
  }));

const inWriter = (connection: Connection, change: (writer: ChunkWriter) => void): Connection =>
  inLoad(connection, (load) => {
    const openWriter = load.openWriter.bind(load);
    load.openWriter = async () => {
      const writer = await openWriter();
      change(writer);
      return writer;
    };
  });

const text = (value: string) => Buffer.from(value);

export const FAULTS: readonly Fault[] = [
  {
    name: "drops a row",
    caughtBy: "a chunk that is committed already stays as it is when it comes again",
    breaks: (connection, at) => sending(connection, (rows) => rows.filter((_row, index) => index !== at % rows.length)),
  },
  {
    name: "sends a row twice",
    caughtBy: "a chunk that is committed already stays as it is when it comes again",
    breaks: (connection, at) => sending(connection, (rows) => [...rows, ...rows.slice(at % rows.length).slice(0, 1)]),
  },
  {
    name: "cuts a text off",
    caughtBy: "replace leaves just the rows of the source, in a table that stays what it was",
    breaks: (connection, at) =>
      sending(connection, (rows) => rows.map((row) => row.map((value) => value?.subarray(0, 40 + at) ?? null))),
  },
  {
    name: "loses nulls",
    caughtBy: "values are what they are in every wire format, and null is no text",
    breaks: (connection) =>
      sending(connection, (rows, { columns }) =>
        rows.map((row) => row.map((value, at) => value ?? (columns[at]?.type === "text" ? text("") : null))),
      ),
  },
  {
    name: "rounds numbers",
    caughtBy: "decimal is equal byte by byte in batches",
    breaks: (connection) =>
      sending(connection, (rows, { columns }) =>
        rows.map((row) =>
          row.map((value, at) =>
            value !== null && columns[at]?.type === "decimal" ? text(String(Number(value))) : value,
          ),
        ),
      ),
  },
  {
    name: "swallows an error",
    caughtBy: "an error of a stream reaches whoever writes as that error, and never as the end of the rows",
    breaks: (connection) =>
      reading(connection, (read) => {
        const stream = new PassThrough({ objectMode: true, highWaterMark: 1 });
        read.stream.once("error", () => stream.end());
        // Whoever destroys what it reads from meets the end of the rows as well.
        stream.destroy = () => stream.end();
        return { ...read, stream: read.stream.pipe(stream) };
      }),
  },
  {
    name: "does not hear that it is cancelled",
    caughtBy: "a read that is under way ends with RUN_CANCELLED, and what was written of it is rolled back",
    breaks: (connection) => {
      const deaf = new AbortController().signal;
      const source = atSource(connection, ({ begin }) => ({
        begin: (table, _signal, mapping) => begin(table, deaf, mapping),
      }));
      return atDestination(source, ({ begin }) => ({ begin: (plan, load) => begin(plan, load, deaf) }));
    },
  },
  {
    name: "lets an older claim in",
    caughtBy: "once a younger claim was here, an older one can begin no load",
    breaks: (connection) =>
      atDestination(connection, ({ begin }) => ({
        begin: (plan, load, signal) => {
          const identity = load.identity && { ...load.identity, fence: Number.MAX_SAFE_INTEGER };
          return begin(plan, { ...load, identity }, signal);
        },
      })),
  },
  {
    name: "commits the rows before the position",
    caughtBy: "an older claim commits no chunk and publishes nothing once a younger one has begun",
    breaks: (connection) =>
      atDestination(connection, ({ begin }) => ({
        begin: async (plan, load, signal) => {
          await begin(plan, load, signal);
          const unfenced = await begin(plan, { ...load, identity: null }, signal);
          if (unfenced.kind !== "open") return unfenced;
          const publish = unfenced.publish.bind(unfenced);
          unfenced.publish = async (...args) => {
            const published = await publish(...args);
            await begin(plan, load, signal);
            return published;
          };
          return unfenced;
        },
      })),
  },
  {
    name: "answers a digest that it has not computed",
    caughtBy: "a digest is equal for equal rows and differs when one value does",
    breaks: (connection) => {
      const constant = async () => ({ rowCount: 1, sum: "1", xor: "1" });
      const source = inSession(connection, (session) => (session.digest = constant));
      return inWriter(source, (writer) => (writer.digest = constant));
    },
  },
  {
    name: "pairs columns by their place",
    caughtBy: "columns are paired by their names, whatever the order at either end",
    breaks: (connection) =>
      atDestination(connection, ({ plan }) => ({
        plan: (request) => {
          const planned = plan(request);
          const names = request.survey.existing?.columns.map(({ name }) => name) ?? [];
          return {
            ...planned,
            columns: planned.columns.map((column, at) => ({ ...column, name: names[at] ?? column.name })),
          };
        },
      })),
  },
  {
    name: "forgets a chunk that it has committed",
    caughtBy: "a chunk that is committed already stays as it is when it comes again",
    breaks: (connection, at) =>
      inWriter(connection, (writer) => {
        const { write } = writer;
        writer.write = async (chunk, stream) => {
          const rowCount = await write(chunk, stream);
          if (chunk.condition === null || chunk.index !== at % 2) return rowCount;
          await write(chunk, Readable.from([]));
          return rowCount;
        };
      }),
  },
  {
    name: "reads what is written after its snapshot",
    caughtBy: "what is read is what stood there when the session began, whatever is written meanwhile, in every reader",
    breaks: (connection) =>
      atSource(connection, ({ begin }) => ({
        begin: async (table, signal, mapping) => {
          const session = await begin(table, signal, mapping);
          const { read } = session;
          session.read = (plan, chunk) => {
            let inner: SourceRead | undefined;
            const stream = Readable.from(
              (async function* () {
                inner = read.call(await begin(table, signal, mapping), plan, chunk);
                yield* inner.stream;
              })(),
              { highWaterMark: 1 },
            );
            return {
              stream,
              toError: (error) => inner?.toError(error) ?? read.call(session, plan, chunk).toError(error),
              rowCount: () => inner?.rowCount() ?? 0,
              byteCount: () => inner?.byteCount() ?? 0,
            };
          };
          return session;
        },
      })),
  },
  {
    name: "folds names to lower case",
    caughtBy:
      "tables of any name are listed and described under that name, quoted, mixed-case, reserved, of 63 bytes and not of ASCII",
    breaks: (connection) => ({
      ...connection,
      describe: (table, signal) => connection.describe({ ...table, name: table.name.toLowerCase() }, signal),
    }),
  },
  {
    name: "gathers the rows before it sends them",
    caughtBy: "a reader that nobody reads from stops reading, whatever the wire format",
    breaks: (connection) =>
      reading(connection, (read) => {
        const stream = new PassThrough({ objectMode: true, highWaterMark: 1_000_000 });
        read.stream.once("error", (error) => stream.destroy(error));
        return { ...read, stream: read.stream.pipe(stream) };
      }),
  },
];

/** The harness of a connector that has the fault. */
export const withFault = (harness: Harness, fault: Fault, at: number): Harness => ({
  ...harness,
  open: async (side, signal) => fault.breaks(await harness.open(side, signal), at),
});
