import type {
  AppError,
  ErrorBudget,
  LogLevel,
  PipelinePolicies,
  RunCursor,
  RunProgress,
  RunProof,
  SchemaAgreement,
  SchemaReport,
  TableName,
  TableShape,
  Verification,
  WriteMode,
} from "@millrace/shared";
import type { Connection, CursorWindow, RunMapping } from "./connector.ts";
import type { QuarantineSink } from "./quarantine.ts";
import type { SchemaBasis } from "./schema-policy.ts";

/**
 * Who runs: written beside the rows into the destination's `_millrace.position`, so that a late worker's write is refused
 * and a commit whose answer was lost is recognised.
 */
export interface RunIdentity {
  readonly pipelineId: string;
  readonly runId: string;
  /** Grows with each claim of the pipeline. */
  readonly fence: number;
}

export interface RunRequest {
  readonly source: Connection;
  readonly destination: Connection;
  readonly sourceTable: TableName;
  readonly destinationTable: TableName;
  readonly writeMode: WriteMode;
  /** Default `DEFAULT_POLICIES`. */
  readonly policies?: PipelinePolicies | undefined;
  /** For a pipeline that reads incrementally: reads these cursors once more, and leaves its position as it is. */
  readonly backfill?: CursorWindow | null | undefined;
  /** Where left out, every column and every row arrives as it is. */
  readonly mapping?: RunMapping | undefined;
  /** Null for a copy without a pipeline: nothing stays recorded in the destination. */
  readonly identity: RunIdentity | null;
  /** How many rows may be set aside. Default none: the first that the destination refuses fails the run. */
  readonly budget?: ErrorBudget | undefined;
  /** How many chunks are copied at once, each over a session of its own at either end. Default 1. */
  readonly parallelism?: number | undefined;
  /** About what a chunk takes at the source. Default `CHUNK_BYTES`. */
  readonly chunkBytes?: number | undefined;
  /** How rows may travel. Where left out, in the cheapest format that both ends know. */
  readonly wireFormats?: readonly string[] | undefined;
  /**
   * Whether the run is tried again under the same run id after it has failed with this error, so that the chunks which it has
   * committed are worth keeping. Where left out, it is not.
   */
  readonly isTriedAgain?: ((error: AppError) => boolean) | undefined;
  /** Where rows go that are set aside; without it they are counted and told of, and no more. */
  readonly quarantine?: QuarantineSink | undefined;
  /** What both ends are held against. Where left out, nothing was agreed and the destination's structure stays as it is. */
  readonly schema?: SchemaBasis | undefined;
  /** Told what has changed since, and what the source is now, once it is planned and before it is refused. Must not throw. */
  readonly onSchema?: ((report: SchemaReport, source: TableShape) => void) | undefined;
  /**
   * Told what differs, with the keys, of a run that fails with `DIGEST_MISMATCH`, before it rejects; not where nothing more
   * than that could be found out. Keys are values of rows: they may go into no log. Must not throw.
   */
  readonly onMismatch?: ((found: Verification) => void) | undefined;
  readonly signal: AbortSignal;
  /** Called at most twice a second, and once at the end of each stage. Must not throw. */
  readonly onProgress: (progress: RunProgress) => void;
  /** Told how many chunks are committed so far, after each of a load that a later claim can go on with. Must not throw. */
  readonly onCheckpoint?: ((committedChunks: number) => void) | undefined;
  /** A line for the run's log; names and counts, never values. Must not throw. */
  readonly onLog: (level: LogLevel, message: string) => void;
}

export interface RunOutcome {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Null where the run had been committed before: only its sink knows. */
  readonly rowsQuarantined: number | null;
  readonly proof: RunProof;
  /** Null for a run without a cursor, and for one that had been committed before. */
  readonly cursor: RunCursor | null;
  /** Both ends as they stand now, for the next run's `schema`; null: what was agreed before still is. */
  readonly agreement: SchemaAgreement | null;
}
