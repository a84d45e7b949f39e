import { randomUUID } from "node:crypto";
import type { CommittedChunk, DatabaseIdentity, PublishedRun, RecordedPosition, RunIdentity } from "@millrace/engine";
import { AppError, formatTableName, type TableName } from "@millrace/shared";
import type { MemoryType, Row } from "./memory-types.ts";

export interface MemoryColumn {
  readonly name: string;
  readonly type: MemoryType;
  readonly isNullable: boolean;
}

/** Never changed, only put in another's place: whoever holds one has a snapshot. */
export interface MemoryTable {
  readonly columns: readonly MemoryColumn[];
  readonly primaryKey: readonly string[];
  readonly rows: readonly Row[];
}

/** What is remembered of a pipeline and a table, beside its rows. */
interface Position {
  readonly fence: number;
  readonly runId: string;
  readonly published: PublishedRun | null;
  readonly cursor: RecordedPosition | null;
}

export interface MemoryStage {
  readonly runId: string;
  /** What its rows depend on. */
  readonly fingerprint: string;
  readonly chunks: Map<number, CommittedChunk & { readonly rows: readonly Row[] }>;
}

/**
 * A database that lives as long as its process: tables under names, and what a destination remembers of pipelines. JavaScript
 * runs to the next `await` undisturbed, so whatever is done between two of them is one transaction.
 */
export class MemoryDatabase {
  readonly identity: DatabaseIdentity;
  readonly tables = new Map<string, MemoryTable>();
  readonly positions = new Map<string, Position>();
  readonly stages = new Map<string, MemoryStage>();
  /** Connections that were opened in an earlier one are lost. */
  epoch = 0;

  constructor(name: string) {
    this.identity = { systemIdentifier: SYSTEM, database: name };
  }

  table(name: TableName): MemoryTable | undefined {
    return this.tables.get(formatTableName(name));
  }

  put(name: TableName, table: MemoryTable): void {
    this.tables.set(formatTableName(name), table);
  }

  /** Cuts every connection that is open. */
  disconnect(): void {
    this.epoch += 1;
  }

  /** Under which name positions and stages of the pipeline's table are kept. */
  static streamOf({ pipelineId }: Pick<RunIdentity, "pipelineId">, table: TableName): string {
    return `${pipelineId} ${formatTableName(table)}`;
  }

  /** Throws `FENCE_STALE` where a younger identity of the pipeline was here. */
  assertFence(identity: RunIdentity | null, table: TableName): void {
    if (identity === null) return;
    const known = this.positions.get(MemoryDatabase.streamOf(identity, table));
    if (known && known.fence > identity.fence) throw new AppError("FENCE_STALE", { params: { side: "destination" } });
  }
}

const SYSTEM = `memory-${randomUUID()}`;

const databases = new Map<string, MemoryDatabase>();

/** A database of this process's own. */
export function createMemoryDatabase(name: string): MemoryDatabase {
  const database = new MemoryDatabase(name);
  databases.set(name, database);
  return database;
}

export const findMemoryDatabase = (name: string): MemoryDatabase | undefined => databases.get(name);

export const dropMemoryDatabase = (name: string): boolean => databases.delete(name);
