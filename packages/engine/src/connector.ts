import type { Readable } from "node:stream";
import type {
  AppError,
  ConnectionCheck,
  ConnectionType,
  Digest,
  IncrementalPolicy,
  NullCursorPolicy,
  Mapping,
  PipelinePolicies,
  RowChanges,
  RowPreview,
  SchemaChange,
  SetUpGuide,
  TableName,
  TableShape,
  TableSummary,
  UndoPreview,
  VerificationMode,
  WriteMode,
} from "@millrace/shared";
import type { z } from "zod";
import type { KeyedEnds, KeyedOptions, KeyedReader, RepairSession } from "./keyed.ts";
import type { RunIdentity } from "./run.ts";

/**
 * The connector contract. The engine owns it and knows no connector; a connector implements it and knows no other connector
 * and no table of the platform.
 *
 * Call order: `open`, then any of `listTables`, `describe`, `preview` in any order and one at a time. For a run
 * `source.begin`, `survey`, `plan`, `chunks` and `destination.begin`; then one reader and one writer for each chunk that is
 * copied at once, and for each chunk `read` with `write`, `digest` at both ends, `commit`; last `publish`. A session's, a
 * reader's and a writer's own calls come one at a time; different readers and writers are used at once. `close` ends
 * whatever it is called on, may be called at any time and twice, and never throws. A connection serves one run at a time.
 *
 * An `AbortSignal` given to a `begin` holds for all that comes of it: once it aborts, the statement under way is cancelled at
 * the server, what was open is rolled back, and the call rejects with `RUN_CANCELLED`. Whatever a driver throws leaves a
 * connector as an `AppError` whose `params.side` says which end it happened at.
 */

/** The end of a pipeline that an error or a message speaks of. */
export type Side = "source" | "destination";

/** What a connector can do beyond the contract. All are false unless declared. */
export interface Capabilities {
  /** May be a pipeline's source. */
  readonly canRead: boolean;
  /** May be a pipeline's destination. */
  readonly canWrite: boolean;
  /** Computes the digest of a table by itself, so a run can be verified. Without it a run ends `success` with `verified: null`. */
  readonly hasDigest: boolean;
  /** Makes a mapping part of its own query. Without it a pipeline whose mapping is not plain is refused with `UNSUPPORTED`. */
  readonly canMap: boolean;
  /** Brings rows to their keys. Without it a pipeline of the write mode `merge` is refused with `UNSUPPORTED`. */
  readonly canMerge: boolean;
  /** Keeps each version of a row. Without it a pipeline of the write mode `history` is refused with `UNSUPPORTED`. */
  readonly canKeepHistory: boolean;
  /** Captures changes, so pipelines of mode `realtime` can run. */
  readonly canCapture: boolean;
}

/** The address guard and the limits under which a connection is opened. */
export interface OpenOptions {
  readonly side: Side;
  readonly signal: AbortSignal;
  /** How long connecting may take, all addresses together. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Whether loopback and private addresses may be reached. Link-local and metadata addresses never are. Default true. */
  readonly allowPrivateNetworks?: boolean;
  /** Databases that are refused with `PLATFORM_DATABASE_REFUSED`: the platform's own. */
  readonly refuse?: readonly DatabaseIdentity[];
}

/** A database, whatever name it is reached by. */
export interface DatabaseIdentity {
  readonly systemIdentifier: string;
  readonly database: string;
}

/** `memory` is the connector of tests: no data source of that kind can be registered. */
export type SystemType = ConnectionType | "memory";

export interface Connector<Config = unknown, Type extends SystemType = SystemType> {
  readonly type: Type;
  /** The name that people know the system by. */
  readonly title: string;
  readonly defaultPort: number | null;
  readonly capabilities: Capabilities;
  /**
   * Structured fields with their defaults; unknown keys are refused. Each field carries a `FieldMeta` by `.meta()`: the form,
   * the command line and the docs come from it.
   */
  readonly configSchema: z.ZodType<Config>;
  /** How a type compares with what it was before. Pure. Left out where the system cannot tell. */
  readonly compareTypes?: CompareTypes;
  /** A URL as `parseUrl` reads it, without a password. */
  readonly exampleUrl: string;
  /** How users with the least privileges are made, for reading and for writing. */
  readonly guide: SetUpGuide;
  /** Reads a connection URL into a configuration. Throws `VALIDATION_FAILED` that never repeats the URL. */
  parseUrl(url: string): Config;
  /** Connects and authenticates. */
  open(config: Config, options: OpenOptions): Promise<Connection>;
  /**
   * Connects, looks at what a run would need, and closes again. The answer is always the connector's whole list of checks, in
   * the order in which a run would meet them: where one is `failed`, those after it are `skipped`. Rejects never: a signal that
   * aborts is a failed check as well.
   */
  test(config: Config, options: OpenOptions): Promise<ConnectionCheck[]>;
}

/** `widened`: every value of `before` is one of `after` as well, and means the same; `narrowed`: the other way round. */
export type CompareTypes = (before: string, after: string) => "widened" | "narrowed" | "changed";

export interface Connection {
  readonly connector: Connector;
  readonly side: Side;
  /** Which database this is; null where the system cannot tell. Two connections with equal identities are the same database. */
  readonly identity: DatabaseIdentity | null;
  /** Tables and views that the user may see, in the order of schema and name. Partitions are listed beside their parent. */
  listTables(signal: AbortSignal): Promise<TableSummary[]>;
  /** The table as the catalog has it, or null when there is none. */
  describe(table: TableName, signal: AbortSignal): Promise<TableDescription | null>;
  /** The first rows as text. */
  preview(table: TableName, limit: number, signal: AbortSignal): Promise<RowPreview>;
  /** Present where `capabilities.canRead`. */
  readonly source?: SourceSide;
  /** Present where `capabilities.canWrite`. */
  readonly destination?: DestinationSide;
  close(): Promise<void>;
}

export interface ColumnDescription {
  readonly name: string;
  /** As the system spells it with its schema where that is not the system's own, for example `numeric(15,2)`. */
  readonly type: string;
  readonly isNullable: boolean;
  /** Computed by the system from other columns, so it can be read and never be written. */
  readonly isGenerated: boolean;
  readonly hasDefault: boolean;
}

export interface TableDescription extends Omit<TableSummary, "isReadable"> {
  readonly columns: readonly ColumnDescription[];
  /** Column names in key order; empty without a primary key. */
  readonly primaryKey: readonly string[];
  /** The system that described it: two descriptions of one system may be compared column by column. */
  readonly system: SystemType;
  /** What only the connector of that system understands. */
  readonly detail: unknown;
}

/** One column on its way: read as `expression` in the source's own language, written to the destination's `name`. */
export interface ColumnMapping {
  readonly name: string;
  readonly expression: string;
  /** The type that arrives, as the destination spells it. */
  readonly type: string;
  /** Whether `expression` is more than the column itself. */
  readonly isCast: boolean;
  /** What both ends turn the value into before they hash it, in the connector's own words; null: it is hashed as it is. */
  readonly hashedAs: string | null;
}

/**
 * What a run will do, before it does anything: pure, given the two descriptions. `detail` is the destination's own part of
 * it (what to create, what to carry over); nobody else reads it.
 */
export interface TablePlan {
  readonly sourceTable: TableName;
  readonly destinationTable: TableName;
  readonly writeMode: WriteMode;
  readonly columns: readonly ColumnMapping[];
  /** How the rows travel: `pg-binary`, `pg-text`, or `batches`, which every connector knows. */
  readonly wireFormat: string;
  /** How both ends fingerprint a row, agreed so that equal rows have equal hashes; null where they share no way. */
  readonly digestMethod: string | null;
  /** The statements that change the destination's structure, in order, for people to read. */
  readonly statements: readonly string[];
  /** The same where the rows are loaded in chunks; null where they cannot be. The name of the stage is made when it is begun. */
  readonly stagedStatements: readonly string[] | null;
  /** What a user should know though it does not stop the run. */
  readonly warnings: readonly string[];
  readonly createsTable: boolean;
  /** Columns whose values tell which rows the source has no more; empty where nobody asks. */
  readonly keyColumns: readonly ColumnMapping[];
  /** How rows find their place in the table that stands there; null where they have no key, or there is nothing to compare with. */
  readonly keying: Keying | null;
  readonly estimatedRows: number | null;
  /** What becomes of the table that stands there, for people to read; left out where it stays as it is. */
  readonly evolution?: {
    readonly changes: readonly SchemaChange[];
    readonly statements: readonly string[];
  };
  readonly detail: unknown;
}

/** What a destination plans. The wire format is chosen after it, among those that both ends know. */
export type DestinationPlan = Omit<TablePlan, "wireFormat">;

/** How a write mode by key tells rows apart, and which of two rows with one key are different. */
export interface Keying {
  readonly key: readonly string[];
  /** A row is written once more where one of these differs, byte by byte. */
  readonly compared: readonly string[];
  /** Whether no two rows of the source can share a key. */
  readonly isUnique: boolean;
  readonly mayBeNull: boolean;
  /** Of rows that share a key the one with the greatest value here counts; null: the one that arrives last. */
  readonly lastBy: string | null;
}

/** How far a pipeline has read a source. The destination keeps it, committed with the rows that it speaks of. */
export interface CursorPosition {
  readonly column: string;
  /** As the source spells it. */
  readonly value: string;
  /** By which order the values up to it are those that were read, as `CursorLook` names it. Earlier versions kept none. */
  readonly order?: string;
  /** Which table of which database this is about: a position means nothing elsewhere. */
  readonly of: string;
}

export interface RecordedPosition extends CursorPosition {
  /** When a run of the pipeline last published into the table, in ISO 8601. */
  readonly at: string;
}

/** What is asked of a source before an incremental read. */
export interface CursorRequest {
  readonly policy: IncrementalPolicy;
  /** Where the run before ended; null: from the beginning, as where it went by another order than the column has now. */
  readonly from: Pick<CursorPosition, "value" | "order"> | null;
  /** Reads just these values once more, both ends included, and leaves the position alone. */
  readonly window: CursorWindow | null;
}

/** Null: without an end on that side. */
export interface CursorWindow {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Which rows are read by their cursor, both ends included. Made by the source, for itself. Without both ends it is the whole table; with
 * a window's end, or from a position on, it is a part, and the rows that are left out have to be at the destination.
 */
export interface CursorRange extends CursorWindow {
  readonly column: string;
  readonly nulls: NullCursorPolicy;
  readonly isNullable: boolean;
  readonly type: string;
}

export interface CursorLook {
  readonly range: CursorRange;
  /** What values before and after each other are told by: a position of another order says nothing of what was read. */
  readonly order: string;
  /** How far everything will have been read; null: the position stays as it is. */
  readonly position: string | null;
  /** What a user should know, without values. */
  readonly notes: readonly string[];
}

/** Which columns and rows are read, and as what. */
export interface RunMapping {
  readonly mapping: Mapping;
  /** What `hmac` is computed under. It reaches the source in a way that leaves no trace in its logs. */
  readonly maskKey: string | null;
}

/** A column on its way out of the source. */
export interface SourceColumn {
  /** The column that its values come from; null for a constant. */
  readonly source: string | null;
  /** Null where there is no such column. */
  readonly sourceType: string | null;
  /** The name that the session's description has it under. */
  readonly name: string;
  /** Whether its values are those of the source's column, whatever its name. */
  readonly isKept: boolean;
  /** Why the source cannot read it so; else null. */
  readonly refusal: AppError | null;
}

export interface SourceSide {
  /**
   * The wire formats in which these columns of what is read can be sent, the cheapest first; `batches` is always among them.
   * `description` is the session's own. Pure.
   */
  emits(description: TableDescription, columns: readonly ColumnMapping[]): readonly string[];
  /** Whether the column can be a cursor. Pure. Throws `CURSOR_INVALID`. */
  assertCursor(description: TableDescription, policy: IncrementalPolicy): void;
  /**
   * Where an incremental read begins and how far it will have read everything: the greatest cursor at a moment whose open
   * transactions have all ended since, so that the snapshot which `begin` takes next has all that they committed. Waits for
   * them as long as the policy says, and else holds the position back. Throws `CURSOR_INVALID`, `SOURCE_TABLE_MISSING`.
   */
  lookAtCursor(table: TableName, request: CursorRequest, signal: AbortSignal): Promise<CursorLook>;
  /**
   * Opens the one snapshot that everything of a run is read from, and holds the table against being dropped. The mapping becomes
   * part of what is read: `description`, `chunks` and all readers speak of the mapped columns and rows. Throws
   * `SOURCE_TABLE_MISSING`, `PRIVILEGE_MISSING`, `SOURCE_QUERY_INVALID`. The session must be closed before the next.
   */
  begin(table: TableName, signal: AbortSignal, mapping?: RunMapping): Promise<SourceSession>;
}

/** Some of a table's rows: the unit of copy, digest and checkpoint. */
export interface Chunk {
  /** From 0, in the order of the table, without a gap. */
  readonly index: number;
  /** Which rows these are, in the source's own language; null: all of them. */
  readonly condition: string | null;
}

/** One session that reads from the run's snapshot. */
export interface SourceReader {
  /**
   * The rows of the chunk with the plan's columns in its wire format: as `Batch` objects (`batches`), or as bytes, and how these
   * are packed into pieces is a matter between the connectors that know the format (`pg-binary` and `pg-text` are the protocol's
   * CopyData messages). A reader that is not read from stops reading at the source. The server's errors destroy the stream with
   * the driver's error.
   */
  read(plan: TablePlan, chunk: Chunk): SourceRead;
  /**
   * The digest of the same rows under the same snapshot, by the plan's method. Not before the stream has ended. `without` are
   * digests of single rows, as `readRows` gives them, that are taken out of it.
   */
  digest(plan: TablePlan, chunk: Chunk, without?: readonly Digest[]): Promise<Digest>;
  /**
   * The rows of the chunk one by one, in windows that are small enough to be kept in memory. In any order, which need not be
   * that of `read`. Not before a stream has ended; a stream that was destroyed is waited for. Present where it can.
   */
  readRows?(plan: TablePlan, chunk: Chunk): AsyncIterable<readonly SourceRow[]>;
  /**
   * Reads the plan's rows by a key, in this reader's session; without columns in the key only `digest` may be called. Left out
   * where the system cannot.
   */
  keyed?(plan: TablePlan, key: readonly string[], options?: KeyedOptions): KeyedReader;
  close(): Promise<void>;
}

/** A row by itself. */
export interface SourceRow {
  /** In the plan's wire format, as a `RowWriter` that knows the format takes it; in `batches` as `packRow` makes it. */
  readonly data: Uint8Array;
  /** Null where the plan has no digest method. */
  readonly digest: Digest | null;
  /** The source's own text of each of the plan's columns, in their order; null for a row that is too large to be kept. */
  readonly values: readonly (string | null)[] | null;
}

/** A snapshot of one table. Its own session is the first reader. `close` ends the snapshot; other readers are closed before. */
export interface SourceSession extends SourceReader {
  /** The source before the mapping: what conditions and cursors speak of. */
  readonly base: TableDescription;
  /** Of what is read: the mapped columns, less those that are refused. */
  readonly description: TableDescription;
  /** What the mapping makes of the source, in the order of arrival, those included that are refused. */
  readonly columns: readonly SourceColumn[];
  /**
   * What of the mapping cannot be, which a preview shows. A run is refused for any, unless the source has changed since it was
   * agreed: then what has gone is a change as any other, which the pipeline's policy decides about.
   */
  readonly refusals: readonly AppError[];
  /** The first rows as they would arrive, as text: what is masked is masked here as well. */
  preview(limit: number): Promise<RowPreview>;
  /**
   * The table in parts that have no row in common and lack none, at least one. Where the table has only grown or changed in
   * places, a later snapshot has the same parts under the same indexes, so that most of what was copied before can be kept.
   * `targetBytes` is about what a chunk takes at the source. `[WHOLE_TABLE]` where the system has no cheap way to read a part,
   * or the table is smaller than that.
   */
  chunks(plan: TablePlan, targetBytes: number): Promise<readonly Chunk[]>;
  /**
   * From here on only rows of the range are read, by this session and its readers; before any of them is opened. Resolves to
   * how many rows of the table have no cursor. Throws `CURSOR_NULL` where the range's policy says so.
   */
  narrow(range: CursorRange): Promise<number>;
  /** The plan's `keyColumns` of all rows, those outside of the range included. */
  readKeys(plan: TablePlan): SourceRead;
  /** Another session on the same snapshot. */
  openReader(): Promise<SourceReader>;
}

export interface SourceRead {
  readonly stream: Readable;
  /** What the stream's error means. */
  toError(error: unknown): AppError;
  /** How many rows have passed; all of them once the stream has ended. */
  rowCount(): number;
  /** How many bytes of rows have passed. */
  byteCount(): number;
}

/** What a kept table is asked about. */
export interface UndoTarget {
  readonly pipelineId: string;
  /** The run that is undone. */
  readonly runId: string;
  readonly table: TableName;
}

/** Brings back the table that a `replace` run has replaced, where the pipeline's policy has kept it. */
export interface UndoSide {
  /** What `run` would do and what speaks against it, without reading rows and without changing anything. */
  look(target: UndoTarget, signal: AbortSignal): Promise<Omit<UndoPreview, "runId" | "table">>;
  /**
   * In one transaction under the fence: sees that table, structure and rows are still those that the run has published, puts
   * the kept table back with all that belongs to it, drops the run's, and restores the position. Nobody finds no table
   * meanwhile. Resolves to the rows that are back; again for a claim of the same identity, without doing anything. Throws
   * `UNDO_UNAVAILABLE`, `FENCE_STALE`.
   */
  run(identity: RunIdentity, target: UndoTarget, signal: AbortSignal): Promise<{ readonly rowCount: number }>;
}

/** A row of a quarantine on its way back. */
export interface HeldRow {
  readonly id: string;
  /** The text of each of the plan's columns, as it was set aside or as somebody has mended it since. */
  readonly values: Readonly<Record<string, string | null>>;
}

/** Whose rows are replayed. */
export interface ReplayTarget {
  /** The run that has set them aside. */
  readonly runId: string;
  /** Whether each run of the pipeline reads every row, so that a later one leaves nothing to bring. */
  readonly isOutdatedByLaterRun: boolean;
  /** What is compared of the rows; with less than `full` no digest is taken. */
  readonly verification: VerificationMode;
}

/** Digests of rows as they were held, edits included, and as they stand in their table. */
export interface ReplayDigests {
  readonly held: Digest;
  readonly stored: Digest;
}

/** The one transaction that brings rows of a quarantine to their table, under the fence. Calls come one at a time. */
export interface ReplaySession {
  /** The rows that an earlier claim of this very run has brought, whether or not anybody knows of them. */
  readonly broughtBefore: readonly string[];
  /** What the rows' text travels as. */
  readonly wireFormat: string;
  /** Which of the rows an earlier replay has brought that could not tell: they are not written again. */
  replayed(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Writes the rows as the plan's write mode does, and that they were written. Null once that is done and as many stand in the
   * table; a refusal leaves what was written before as it is. More than one may be refused for what is no fault of any: what is refused alone counts.
   */
  write(rows: readonly HeldRow[]): Promise<RowRefusal | null>;
  /**
   * Of all rows that were written, as they stand now, and of those that `replayed` has told, as they were shown to stand before
   * they were committed; null where that was not shown of one of these. Only with `full`, and last before the commit.
   */
  digests(known: readonly string[]): Promise<ReplayDigests | null>;
  /** A commit whose answer is lost is asked about on another session. Throws `FENCE_STALE`. */
  commit(): Promise<void>;
  /** Once everybody knows of all rows, nothing has to stay remembered of this run's, and of those that `replayed` has told. */
  forget(known: readonly string[]): Promise<void>;
  /** Rolls back what was not committed. */
  close(): Promise<void>;
}

export interface DestinationSide {
  /** The wire formats that it can be fed with; `batches` is always among them. */
  readonly takes: readonly string[];
  /**
   * Opens the transaction of a replay of rows that have this plan's columns. With `append`, rows are added to the table that is
   * there; by a key, a row that is there gives way, unless later runs may have brought a newer one (`ROW_SUPERSEDED`). Throws
   * `REPLAY_UNAVAILABLE`, `FENCE_STALE`, `DESTINATION_CHANGED`. Left out where the system cannot.
   */
  readonly openReplay?: (
    plan: TablePlan,
    identity: RunIdentity,
    target: ReplayTarget,
    signal: AbortSignal,
  ) => Promise<ReplaySession>;
  /** Present where the system can keep a replaced table. */
  readonly undo?: UndoSide;
  /**
   * Plans the table for a source's description, `existing` being what stands there now. Pure. Throws `TYPE_MISMATCH`,
   * `TYPE_UNSUPPORTED`, `TYPE_UNAVAILABLE`, `COLUMN_MISSING`, `COLUMN_REQUIRED`, `DESTINATION_NOT_A_TABLE`,
   * `DEPENDENT_OBJECTS`, `KEY_MISSING`, `KEY_COLUMN_MISSING`, `KEY_NOT_UNIQUE`, `COLUMN_RESERVED`, `UNSUPPORTED`, each naming
   * the column or object.
   */
  plan(request: DestinationPlanRequest): DestinationPlan;
  /** What the pipeline has read into the table as it stands there; null where that is nothing, or another table by now. */
  cursorPosition(
    identity: Pick<RunIdentity, "pipelineId">,
    table: TableName,
    signal: AbortSignal,
  ): Promise<RecordedPosition | null>;
  /** What stands at the destination's name, with all that `plan` asks about. */
  survey(source: TableDescription, table: TableName, signal: AbortSignal): Promise<DestinationSurvey>;
  /**
   * Whether the user may do what the plan will do. Throws `PRIVILEGE_MISSING` that names what is lacking, and `READ_ONLY`.
   * Only looks, for a person who asks beforehand: a run goes ahead without it and meets the server's own refusal.
   */
  assertPermitted(plan: TablePlan, signal: AbortSignal): Promise<void>;
  /**
   * Makes ready to load the chunks. From here on no older identity of the pipeline can commit anything, and its sessions are
   * ended; what is planned on is held against being altered until the end. Resolves to the published run when the run of
   * `identity` was committed before (its commit's answer was lost). Throws `FENCE_STALE` for an identity older than one that
   * was here, and `DESTINATION_CHANGED` when what stands there is not what was planned with: plan again.
   */
  begin(plan: TablePlan, load: LoadRequest, signal: AbortSignal): Promise<DestinationSession | PublishedRun>;
  /**
   * Opens one snapshot of the rows that the plan speaks of, those that count as there: without versions that are closed and
   * without rows that are marked as deleted. Left out where the system cannot; so is `beginRepair`.
   */
  readonly keyed?: (
    plan: TablePlan,
    key: readonly string[],
    signal: AbortSignal,
    options?: Pick<KeyedOptions, "isExact" | "existing">,
  ) => Promise<KeyedReader>;
  /** Opens the transaction of a repair, under the fence where there is an identity. Throws `FENCE_STALE`, `DESTINATION_CHANGED`. */
  readonly beginRepair?: (
    plan: TablePlan,
    key: readonly string[],
    identity: RunIdentity | null,
    signal: AbortSignal,
  ) => Promise<RepairSession>;
}

export interface LoadRequest {
  /** Null for a copy without a pipeline: nothing of it is remembered once it has ended, and nobody goes on with it. */
  readonly identity: RunIdentity | null;
  /** What the source would send. More than one is a wish to have each committed by itself. */
  readonly chunks: readonly Chunk[];
  /** Whether rows of the source are left out that an earlier run of the pipeline has brought. */
  readonly isPartial: boolean;
}

/** What a run has loaded and what is known of it, for `publish`. */
export interface LoadResult {
  readonly rowCount: number;
  /** What was compared of the rows so far, and is of those that reach the destination's table only in `publish`. */
  readonly verification: VerificationMode;
  /** Both null where the run is not verified. */
  readonly sourceDigest: Digest | null;
  readonly destinationDigest: Digest | null;
  /** What is recorded as read; `kept`: what is recorded already. Null forgets it. */
  readonly cursor: CursorPosition | "kept" | null;
}

/** What `publish` did. */
export interface Published {
  /** For the log, such as an index that could not be built. */
  readonly notes: readonly string[];
  /** Null where rows are not told apart by a key. */
  readonly changes: RowChanges | null;
  /** What was loaded, less the rows that were given to `late`. */
  readonly loaded: LoadResult;
}

export interface DestinationPlanRequest {
  readonly source: TableDescription;
  readonly survey: DestinationSurvey;
  readonly destinationTable: TableName;
  readonly writeMode: WriteMode;
  readonly policies: PipelinePolicies;
  /** Null: what does not fit the table as it stands is refused. A system that cannot follow takes it for null. */
  readonly evolution: SchemaEvolution | null;
}

/**
 * How the destination's table may follow the source: columns that it lacks are added, a type that has become too narrow is
 * widened, NOT NULL goes where the source has let go of it, and columns that the source has no more stay. All of it happens in
 * the transaction that publishes the rows. Forced: a type that cannot take the source's becomes the source's.
 */
export interface SchemaEvolution {
  readonly isForced: boolean;
  /** The source's structure that the table was made to fit; null where nobody has agreed on one. */
  readonly agreed: TableShape | null;
}

/** The destination as it stands. */
export interface DestinationSurvey {
  readonly existing: TableDescription | null;
  /** What only the connector understands: which types are there, the server's version, … */
  readonly detail: unknown;
}

/** What the destination remembers of a run that it has committed. */
export interface PublishedRun extends Omit<LoadResult, "cursor" | "verification"> {
  readonly kind: "published";
  readonly changes: RowChanges | null;
}

/** A chunk whose rows are committed beside the destination, where nobody sees them before `publish`. */
export interface CommittedChunk {
  readonly index: number;
  readonly rowCount: number;
  /** Null where its run was not verified. */
  readonly digest: Digest | null;
}

/**
 * The load of one run. Staged, its chunks commit one by one into a table of their own, several at once, and a later claim of
 * the run finds them again. Otherwise all is one transaction, the whole table is the one chunk, and there is one writer.
 * Either way nobody sees a row before `publish`.
 */
export interface DestinationSession {
  readonly kind: "open";
  readonly isStaged: boolean;
  /** What an earlier claim of this very run has committed, in the order of the indexes. Empty where it is not staged. */
  readonly committed: readonly CommittedChunk[];
  /** Why nothing is left of what an earlier claim had committed, to complete "starts over, because …"; else null. */
  readonly startsOverBecause: string | null;
  /** Forgets committed chunks and deletes their rows, before the first writer is opened. */
  discard(indexes: readonly number[]): Promise<void>;
  openWriter(): Promise<ChunkWriter>;
  /**
   * Takes the key of every row of the source, in the plan's `keyColumns`, so that `publish` can tell which rows have gone
   * though only a part was read. Resolves to the number of keys. Errors are those of `ChunkWriter.write`.
   */
  writeKeys(stream: Readable): Promise<number>;
  /**
   * Once every chunk is committed and the writers are closed: builds what was left for after the load, swaps the table in
   * where the mode is `replace`, brings the rows to their keys where it is `merge` or `history`, records the position under
   * the fence, and commits, all in one transaction. Where rows have a key and the run is verified, the rows that stand in the
   * table in the end are compared with those that arrived. Throws `KEY_NULL`, `TOO_MANY_DELETES`, `DIGEST_MISMATCH`. When it
   * rejects, nothing of this was done. Rows that the table refuses only now, for a key or, as they are brought to their keys or
   * added to others, whatever else it holds against them, are taken out of what was loaded and given to `late`, whose refusal rejects this;
   * where it cannot tell them, the run fails as it would without. Of a row that is refused its key stands as it was.
   */
  publish(loaded: LoadResult, late: LateQuarantine): Promise<Published>;
  /**
   * After `publish` has rejected with `DIGEST_MISMATCH` and before `close`: the rows that arrived as the source, and as the
   * destination those that they have become in the table, with the plan's columns. Both are read in one session. Left out
   * where the system cannot; undefined where rows reach their table before.
   */
  keyed?(plan: TablePlan, key: readonly string[]): KeyedEnds | undefined;
  /**
   * Rolls back whatever is open. Unless it was published or `keepsChunks`, committed chunks go as well. Whatever cannot be
   * removed now, because the server is away, the next load at this destination removes.
   */
  close(options?: { readonly keepsChunks: boolean }): Promise<void>;
}

/** Why the destination refuses rows for what they hold. */
export interface RowRefusal {
  /** Its message is a sentence without values. */
  readonly error: AppError;
  /** The destination's own code for it. */
  readonly sqlstate: string | null;
  readonly column: string | null;
  /**
   * Which of the rows it is about, 0 being the first, where that one is refused whatever the others hold. Left out where the
   * destination does not tell, or where it depends on the others.
   */
  readonly at?: number;
}

/** Writes a chunk's rows in parts of any size, each of which arrives whole or not at all. */
export interface RowWriter {
  /**
   * Forgets the chunk's rows that were written so far, also after a `write` that was refused. Rejects with the refusal where even
   * no rows would be taken: none of them is at fault then.
   */
  begin(): Promise<void>;
  /** Null once the rows are written. A refusal leaves what was written before as it is. Anything else rejects. */
  write(rows: readonly Uint8Array[]): Promise<RowRefusal | null>;
  /** As `write`, and what was taken is taken back. There is one where refusals tell `at`. */
  tryOut?(rows: readonly Uint8Array[]): Promise<RowRefusal | null>;
  /** How many rows were written since `begin`. */
  rowCount(): number;
}

/** A row that was loaded and could not stay. */
export interface LateRow extends Omit<SourceRow, "data"> {
  readonly refusal: RowRefusal;
}

export interface LateQuarantine {
  /** How many rows were set aside so far. They are at the source, though they are missing from what was loaded. */
  readonly count: number;
  /** How many more rows may be set aside. One more than these is enough to know. */
  readonly room: number;
  keep(rows: readonly LateRow[]): Promise<void>;
}

/** Writes one chunk after the other: `write`, or `rows` in its place, `digest` where the run is verified, `commit`. */
export interface ChunkWriter {
  /**
   * Takes what `SourceReader.read` sends to its end and resolves to the number of rows written. An error of the stream itself rejects
   * this with that same error; whatever goes wrong here rejects it with an `AppError`, and destroys the stream.
   */
  write(chunk: Chunk, stream: Readable): Promise<number>;
  /** Whether `write` rejected with this because of what rows hold, so that the others can be written by `rows`. */
  isRowFault?(error: unknown): boolean;
  /** For the chunk of the last `write`, which was refused. Present where rows can be written in parts. */
  readonly rows?: RowWriter;
  /** The digest of exactly the rows of the last `write`, or those that `rows` has written, before they are committed. */
  digest(): Promise<Digest>;
  /**
   * The same rows by a key, as they arrived, between `digest` and `commit`: for a chunk whose digests differ. Left out where the
   * system cannot.
   */
  keyed?(key: readonly string[], options?: Pick<KeyedOptions, "without">): KeyedReader;
  /**
   * Commits rows and checkpoint together under the run's fence. A chunk that is committed already stays as it is, and what was
   * written now is rolled back. Throws `FENCE_STALE`. A commit whose answer is lost is asked about on another session. Where
   * the load is not staged, this does nothing: `publish` commits.
   */
  commit(chunk: CommittedChunk): Promise<void>;
  /** Rolls back what was written and not committed. */
  close(): Promise<void>;
}
