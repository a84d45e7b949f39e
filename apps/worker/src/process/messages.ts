import type { DatabaseIdentity, RunIdentity, RunMapping, SchemaBasis } from "@millrace/engine";
import type {
  BackfillWindow,
  ConnectionType,
  ErrorSummary,
  KeyDifference,
  LogLevel,
  PipelineLimits,
  PipelinePolicies,
  RepairCounts,
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
import type { Answer, Question } from "./questions.ts";

/**
 * What the worker and a run's process say to each other over IPC. The worker sends `run`, at most one at a time, and may
 * send `cancel` after it, which tells whether somebody else goes on with the run; the process answers with any number of `progress`, `checkpoint`, `log` and `question`, each of which the worker answers, at most one `mismatch`, then one `done`, `compared` or `failed`.
 */

/** Why a run is stopped before its end. Only a run that was `cancelled` is over: somebody goes on with the others. */
export type StopReason = "cancelled" | "lost" | "shutdown";

/** One end of a pipeline with its password in clear text: it lives in these two processes and is never logged. */
export interface JobEnd {
  readonly type: ConnectionType;
  readonly config: Record<string, unknown>;
  readonly table: TableName;
}

/** What a run does that compares both ends instead of copying. */
export type ComparisonTask =
  | { readonly kind: "verify" }
  | {
      readonly kind: "repair";
      readonly keyColumns: readonly string[];
      readonly differences: readonly KeyDifference[];
      readonly deletesUnexpected: boolean;
    };

/** What a verification has found, or a repair has done. */
export interface ComparisonResult {
  readonly found: Verification | null;
  readonly repaired: RepairCounts | null;
}

export interface RunJobSpec {
  readonly source: JobEnd;
  readonly destination: JobEnd;
  readonly writeMode: WriteMode;
  readonly policies: PipelinePolicies;
  /** With the mask key in clear text, as a password is in `JobEnd`. */
  readonly mapping: RunMapping;
  readonly backfill: BackfillWindow | null;
  /** What both ends are held against, and the edition of the pipeline that it was read with. */
  readonly schema: SchemaBasis & { readonly edition: string };
  readonly identity: RunIdentity;
  /** The run that is undone instead of copying anything. */
  readonly undoes: string | null;
  /** Null for a run that copies, or undoes. */
  readonly comparison: ComparisonTask | null;
  /** The run whose quarantined rows are replayed instead of copying anything. */
  readonly replays: string | null;
  readonly limits: PipelineLimits;
  readonly failpoints: string | undefined;
  /** Whether the run ends when this fails, however it fails. */
  readonly isLastTry: boolean;
  readonly allowPrivateNetworks: boolean;
  /** The platform's own database. */
  readonly refuse: readonly DatabaseIdentity[];
}

export type ToProcess =
  | { readonly kind: "run"; readonly job: RunJobSpec }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "refusal"; readonly id: number; readonly error: ErrorSummary }
  | { readonly kind: "cancel"; readonly isTriedAgain: boolean };

export type FromProcess =
  | { readonly kind: "question"; readonly id: number; readonly question: Question }
  | { readonly kind: "progress"; readonly progress: RunProgress }
  /** How many chunks are committed so far. */
  | { readonly kind: "checkpoint"; readonly committedChunks: number }
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string; readonly at: string }
  | { readonly kind: "schema"; readonly report: SchemaReport; readonly source: TableShape }
  | { readonly kind: "mismatch"; readonly found: Verification }
  | {
      readonly kind: "done";
      readonly rowsRead: number;
      readonly rowsWritten: number;
      readonly proof: RunProof | null;
      readonly cursor: RunCursor | null;
      readonly agreement: SchemaAgreement | null;
    }
  | ({ readonly kind: "compared" } & ComparisonResult)
  | { readonly kind: "failed"; readonly error: ErrorSummary; readonly detail: string };
