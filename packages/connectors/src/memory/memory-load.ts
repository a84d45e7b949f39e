import type { Readable } from "node:stream";
import {
  type Batch,
  type ChunkWriter,
  type CommittedChunk,
  type DestinationSession,
  type LoadRequest,
  type LoadResult,
  type Published,
  type RunIdentity,
  type TablePlan,
  valueAt,
} from "@millrace/engine";
import { AppError, type RowChanges } from "@millrace/shared";
import { MemoryDatabase, type MemoryStage } from "./memory-database.ts";
import { digestOf } from "./memory-digest.ts";
import { assertShare, keyReader, mergeRows } from "./memory-merge.ts";
import type { MemoryPlan } from "./memory-plan.ts";
import { acceptRows, isRowFault, MemoryRowWriter, violated } from "./memory-rows.ts";
import type { MemorySession } from "./memory-session.ts";
import { type Row, toValue, type Value } from "./memory-types.ts";

/** A stage is `chunks` of a run, by index. Of a load that is not staged it is forgotten with its session. */
export class MemoryLoad implements DestinationSession {
  readonly kind = "open";
  readonly isStaged: boolean;
  readonly committed: readonly CommittedChunk[];
  readonly startsOverBecause: string | null;
  readonly #session: MemorySession;
  readonly #plan: TablePlan;
  readonly #detail: MemoryPlan;
  readonly #identity: RunIdentity | null;
  readonly #signal: AbortSignal;
  readonly #stage: MemoryStage;
  #keys: Set<string> | null = null;
  #isOpen = true;

  constructor(
    session: MemorySession,
    plan: TablePlan,
    { identity }: LoadRequest,
    isStaged: boolean,
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#detail = plan.detail as MemoryPlan;
    this.#identity = identity;
    this.#signal = signal;
    this.isStaged = isStaged;
    const found = isStaged ? this.#foundStage : undefined;
    const isUsable = found?.fingerprint === this.#detail.fingerprint;
    this.startsOverBecause =
      found && !isUsable ? "what it depends on at the source or the destination has changed" : null;
    this.#stage =
      found && isUsable
        ? found
        : { runId: identity?.runId ?? "", fingerprint: this.#detail.fingerprint, chunks: new Map() };
    this.committed = [...this.#stage.chunks.values()]
      .map(({ index, rowCount, digest }) => ({ index, rowCount, digest }))
      .sort((a, b) => a.index - b.index);
    if (this.#stream === null) return;
    if (isStaged) session.database.stages.set(this.#stream, this.#stage);
    else session.database.stages.delete(this.#stream);
  }

  /** What this very run has left. */
  get #foundStage(): MemoryStage | undefined {
    const stage = this.#stream === null ? undefined : this.#session.database.stages.get(this.#stream);
    return stage?.runId === this.#identity?.runId ? stage : undefined;
  }

  get #stream(): string | null {
    return this.#identity && MemoryDatabase.streamOf(this.#identity, this.#plan.destinationTable);
  }

  #assertFence(): void {
    this.#session.database.assertFence(this.#identity, this.#plan.destinationTable);
  }

  async discard(indexes: readonly number[]): Promise<void> {
    for (const index of indexes) this.#stage.chunks.delete(index);
  }

  async openWriter(): Promise<ChunkWriter> {
    let rows: readonly Row[] = [];
    return {
      write: async (_chunk, stream) => {
        const written: Row[] = [];
        rows = written;
        for await (const batch of stream as AsyncIterable<Batch>) {
          this.#session.assertOpen(this.#signal);
          for (const row of acceptRows(this.#plan, batch)) written.push(row);
        }
        // An end that came because of the abort is none.
        this.#session.assertOpen(this.#signal);
        return written.length;
      },
      isRowFault,
      rows: new MemoryRowWriter(this.#plan, (written) => (rows = written)),
      digest: () => this.#session.run(this.#signal, () => digestOf(this.#arrived(rows))),
      commit: (chunk) =>
        this.#session.run(this.#signal, () => {
          this.#assertFence();
          if (!this.#stage.chunks.has(chunk.index)) this.#stage.chunks.set(chunk.index, { ...chunk, rows });
          rows = [];
        }),
      close: async () => {},
    };
  }

  /** The values that travelled, in the order of the plan. */
  *#arrived(rows: readonly Row[]): Generator<Row> {
    const { columns } = this.#detail.target;
    const places = this.#plan.columns.map(({ name }) => columns.findIndex((column) => column.name === name));
    for (const row of rows) yield places.map((at) => row[at] ?? null);
  }

  async writeKeys(stream: Readable): Promise<number> {
    const { key } = this.#detail;
    const places = key.map((name) => this.#plan.keyColumns.findIndex((column) => column.name === name));
    const keys = new Set<string>();
    let count = 0;
    for await (const batch of stream as AsyncIterable<Batch>) {
      this.#session.assertOpen(this.#signal);
      for (let row = 0; row < batch.rowCount; row++, count++) {
        const valueIn = (at: number): Value => toValue(batch.columns[at]?.type ?? "text", valueAt(batch, row, at));
        keys.add(JSON.stringify(places.map(valueIn)));
      }
    }
    this.#keys = keys;
    return count;
  }

  publish(loaded: LoadResult): Promise<Published> {
    return this.#session.run(this.#signal, () => {
      this.#assertFence();
      const { database } = this.#session;
      const { destinationTable } = this.#plan;
      const existing = database.table(destinationTable)?.rows ?? [];
      const { rows, changes } = this.#result(existing);
      this.#assertUnique(rows);
      database.put(destinationTable, { ...this.#detail.target, rows });
      this.#record(loaded, changes);
      this.#isOpen = false;
      return { notes: [], changes, loaded };
    });
  }

  #result(existing: readonly Row[]): { readonly rows: readonly Row[]; readonly changes: RowChanges | null } {
    const chunks = [...this.#stage.chunks.values()].sort((a, b) => a.index - b.index);
    const arrived = chunks.flatMap(({ rows }) => rows);
    switch (this.#plan.writeMode) {
      case "replace": {
        const { maxShrinkPercent } = this.#detail;
        if (maxShrinkPercent !== null) {
          assertShare(this.#plan, Math.max(0, existing.length - arrived.length), existing.length, maxShrinkPercent);
        }
        return { rows: arrived, changes: null };
      }
      case "append":
        return { rows: [...existing, ...arrived], changes: null };
      case "merge":
        return mergeRows(this.#plan, existing, arrived, this.#keys);
      case "history":
        throw new AppError("UNSUPPORTED", { params: { what: "Keeping versions of rows", instead: "Use merge." } });
    }
  }

  #assertUnique(rows: readonly Row[]): void {
    const { columns, primaryKey } = this.#detail.target;
    if (primaryKey.length === 0) return;
    const keyOf = keyReader(columns, primaryKey);
    const keys = new Set(rows.map(keyOf));
    if (keys.size < rows.length) throw violated(this.#plan, "primary key", primaryKey.join(", "));
  }

  #record({ rowCount, sourceDigest, destinationDigest, cursor }: LoadResult, changes: RowChanges | null): void {
    const stream = this.#stream;
    if (!this.#identity || stream === null) return;
    const { database } = this.#session;
    const { runId, fence } = this.#identity;
    const known = database.positions.get(stream);
    const at = new Date().toISOString();
    const read = cursor === "kept" ? (known?.cursor ?? null) : cursor;
    database.positions.set(stream, {
      runId,
      fence,
      published: { kind: "published", rowCount, sourceDigest, destinationDigest, changes },
      cursor: read && { ...read, at },
    });
    database.stages.delete(stream);
  }

  async close({ keepsChunks } = { keepsChunks: false }): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { stages } = this.#session.database;
    const stream = this.#stream;
    if (stream === null || (keepsChunks && this.isStaged)) return;
    // A younger claim of the run goes on with the stage that this one knew.
    const known = this.#session.database.positions.get(stream);
    if (stages.get(stream) === this.#stage && known?.fence === this.#identity?.fence) stages.delete(stream);
  }
}
